import { LRUCache } from 'lru-cache'
import { Circuit, type CircuitState } from './circuit.ts'

/** A circuit of a provider, or of one of its models. */
export interface Named {
  readonly provider: string
  /** Undefined where a provider has one circuit for all its models. */
  readonly model: string | undefined
  readonly circuit: Circuit
}

/** One change of state, and how often there was one. */
export interface Transition {
  readonly provider: string
  readonly from: CircuitState
  readonly to: CircuitState
  count: number
}

export type Report = (named: Named, from: CircuitState, to: CircuitState) => void

/** How many models can have a circuit at once; of more, those nobody asked for the longest time lose theirs. */
const MAX_CIRCUITS = 1000

/** Every circuit there is. A provider without one has not failed. Lives as long as the gateway. */
export class Circuits {
  readonly #byKey = new LRUCache<string, Named>({ max: MAX_CIRCUITS })
  readonly #transitions = new Map<string, Transition>()
  /** Told of changes; set by the generation that serves. */
  report: Report = () => undefined

  get areNone(): boolean {
    return this.#byKey.size === 0
  }

  find(provider: string, model: string | undefined): Circuit | undefined {
    if (this.areNone) return undefined
    return this.#byKey.get(keyOf(provider, model))?.circuit
  }

  findOrCreate(provider: string, model: string | undefined): Circuit {
    const found = this.find(provider, model)
    if (found) return found
    const circuit = new Circuit((from, to) => {
      this.#count(provider, from, to)
      this.report(named, from, to)
    })
    const named: Named = { provider, model, circuit }
    this.#byKey.set(keyOf(provider, model), named)
    return circuit
  }

  of(provider: string): readonly Named[] {
    return this.all().filter(each => each.provider === provider)
  }

  all(): readonly Named[] {
    return [...this.#byKey.values()]
  }

  transitions(): Iterable<Transition> {
    return this.#transitions.values()
  }

  #count(provider: string, from: CircuitState, to: CircuitState): void {
    const key = `${provider}\n${from}\n${to}`
    const transition = this.#transitions.get(key)
    if (transition) transition.count++
    else this.#transitions.set(key, { provider, from, to, count: 1 })
  }
}

function keyOf(provider: string, model: string | undefined): string {
  return model === undefined ? provider : `${provider}\n${model}`
}
