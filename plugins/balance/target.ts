import type { TargetOptions } from './options.ts'

/** Somewhere a group can send a request. */
export interface Target {
  readonly provider: string
  /** Undefined: the model that is asked for. */
  readonly model: string | undefined
  readonly weight: number
  readonly cost: number | undefined
  /** Tells it from all others, in what is kept over reloads. */
  readonly key: string
}

export function targetOf({ provider, model, weight = 1, cost }: TargetOptions): Target {
  return { provider, model, weight, cost, key: JSON.stringify([provider, model ?? null]) }
}
