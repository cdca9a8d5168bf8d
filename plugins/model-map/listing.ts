import type { Exchange, Reply } from 'lunaroute'
import { isObject, type ListedModel } from 'lunaroute/neutral'
import type { ModelTarget } from './index.ts'

/** What the map says of models, for those who ask. */
export interface Catalog {
  /** The models that it names, patterns left out. */
  readonly named: readonly (readonly [name: string, target: ModelTarget])[]
  /** Where a model goes; false for one that is not served, undefined for one that the map does not speak of. */
  readonly find: (model: string) => ModelTarget | false | undefined
  /** Whether there are no models but those of the map. */
  readonly isClosed: boolean
  /** Seconds since 1970. */
  readonly createdAt: number
  /** The refusal of a model that is not served. */
  readonly unknown: (model: string) => Error
}

/** The answer to a question for the models, in the client's dialect; undefined where the map cannot tell. */
export function listing({ dialect, endpoint, head }: Exchange, catalog: Catalog): Reply | undefined {
  if (endpoint?.operation !== 'models' || endpoint.method !== 'GET' || !dialect.codec?.writeModels) return undefined
  const { named, find, isClosed, createdAt, unknown } = catalog
  const describe = ([id, { provider }]: Catalog['named'][number]): ListedModel => {
    return { id, createdAt, owner: provider, profile: {} }
  }
  if (!endpoint.path.includes('{model}')) {
    if (named.length === 0 && !isClosed) return undefined
    return { status: 200, body: dialect.codec.writeModels(named.map(describe), new URLSearchParams(head.query)) }
  }
  const asked = decode(head.path.slice(endpoint.path.indexOf('{model}')))
  const target = find(asked)
  if (target === false) throw unknown(asked)
  if (!target) return undefined
  // Every dialect answers for one model with what its listing holds of it.
  const one = Object.values(dialect.codec.writeModels([describe([asked, target])])).find(Array.isArray)?.[0]
  return isObject(one) ? { status: 200, body: one } : undefined
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
