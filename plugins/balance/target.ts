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
  /** The same, of its group alone. */
  readonly limitKey: string
}

export function targetOf({ provider, model, weight = 1, cost }: TargetOptions, group = ''): Target {
  const key = JSON.stringify([provider, model ?? null])
  return { provider, model, weight, cost, key, limitKey: `${group} ${key}` }
}
