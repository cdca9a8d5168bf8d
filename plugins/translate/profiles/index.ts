import { ModelPatterns } from 'lunaroute'
import { isObject, type JsonObject, type ModelProfile } from 'lunaroute/neutral'
import { anthropic } from './anthropic.ts'
import { openai } from './openai.ts'
import { compatible, google } from './others.ts'

/** Finds what is known of a model: the dialect's limits, under what is built in, under what the config says. */
export class Profiles {
  readonly #known = new ModelPatterns(Object.entries({ ...anthropic, ...openai, ...google, ...compatible }))
  readonly #configured: ModelPatterns<ModelProfile>
  readonly #merged = new Map<string, ModelProfile>()

  constructor(configured: Readonly<Record<string, ModelProfile>>) {
    this.#configured = new ModelPatterns(Object.entries(configured))
  }

  /** Names are compared without regard to case, and a provider's prefix (`openai/gpt-5`) is tried with and without. */
  find(model: string, dialect: string, limits: ModelProfile = {}): ModelProfile {
    const key = `${dialect}\n${model}`
    let profile = this.#merged.get(key)
    if (!profile) {
      const name = model.toLowerCase()
      const bare = name.slice(name.lastIndexOf('/') + 1)
      const known = this.#known.all(bare).toReversed()
      const own = [
        ...new Set([...this.#configured.all(bare).toReversed(), ...this.#configured.all(model).toReversed()]),
      ]
      profile = [...known, ...own].reduce(merge, limits)
      // Clients choose the names of models: without a bound they could fill the memory with them.
      if (this.#merged.size < 1_000) this.#merged.set(key, profile)
    }
    return profile
  }
}

/** The one over the other, object by object. */
function merge(under: ModelProfile, over: ModelProfile): ModelProfile {
  return mergeObjects(under as JsonObject, over as JsonObject) as ModelProfile
}

function mergeObjects(under: JsonObject, over: JsonObject): JsonObject {
  const result: Record<string, unknown> = { ...under }
  for (const [key, value] of Object.entries(over)) {
    const old = result[key]
    // How a model reasons is said as a whole: half of one way and half of another is neither.
    const isNested = key !== 'reasoning' && isObject(old) && isObject(value)
    result[key] = isNested ? mergeObjects(old, value) : value
  }
  return result
}
