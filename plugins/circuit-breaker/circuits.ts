import { LRUCache } from 'lru-cache'
import { Circuit, type CircuitState } from './circuit.ts'

/** A circuit of a provider, or of one of its models. */
export interface Named {
  readonly provider: string
  /** The provider and its address: at another one it has not failed. */
  readonly place: string
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

/** The place of each provider of a generation, by the provider's name. */
export type Places = ReadonlyMap<string, string>

/** Every circuit there is. A provider without one has not failed. Lives as long as the gateway. */
export class Circuits {
  readonly #byKey = new LRUCache<string, Named>({ max: MAX_CIRCUITS })
  readonly #held = new Set<Places>()
  readonly #transitions = new Map<string, Transition>()
  /** Told of changes; set by the generation that serves. */
  report: Report = () => undefined

  get areNone(): boolean {
    return this.#byKey.size === 0
  }

  /** Keeps the circuits of these providers until what it returns is called; those that nobody holds are forgotten. */
  hold(places: Places): () => void {
    this.#held.add(places)
    return () => {
      this.#held.delete(places)
      for (const [key, named] of [...this.#byKey.entries()]) {
        if (![...this.#held].some(each => isAt(named, each))) this.#byKey.delete(key)
      }
    }
  }

  find(provider: string, model: string | undefined, places: Places): Circuit | undefined {
    if (this.areNone) return undefined
    return this.#byKey.get(keyOf(provider, model, places))?.circuit
  }

  findOrCreate(provider: string, model: string | undefined, places: Places): Circuit {
    const found = this.find(provider, model, places)
    if (found) return found
    const circuit = new Circuit((from, to) => {
      this.#count(provider, from, to)
      this.report(named, from, to)
    })
    const named: Named = { provider, place: placeOf(provider, places), model, circuit }
    this.#byKey.set(keyOf(provider, model, places), named)
    return circuit
  }

  /** Those of providers that are at these places. */
  at(places: Places): readonly Named[] {
    return [...this.#byKey.values()].filter(each => isAt(each, places))
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

function isAt({ provider, place }: Named, places: Places): boolean {
  return places.get(provider) === place
}

function placeOf(provider: string, places: Places): string {
  return places.get(provider) ?? provider
}

function keyOf(provider: string, model: string | undefined, places: Places): string {
  const place = placeOf(provider, places)
  return model === undefined ? place : `${place}\n${model}`
}
