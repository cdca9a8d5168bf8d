import type { Exchange, Reply } from 'lunaroute'
import { isObject, type ListedModel } from 'lunaroute/neutral'
import type { ModelTarget } from './index.ts'

/** The answer to a question for the models, in the client's dialect; undefined where the map has none. */
export function listing(
  { dialect, endpoint, head }: Exchange,
  named: readonly (readonly [name: string, target: ModelTarget])[],
  createdAt: number,
): Reply | undefined {
  if (endpoint?.operation !== 'models' || endpoint.method !== 'GET' || !dialect.codec?.writeModels) return undefined
  const models = named.map(([id, { provider }]): ListedModel => ({ id, createdAt, owner: provider, profile: {} }))
  if (!endpoint.path.includes('{model}')) return { status: 200, body: dialect.codec.writeModels(models) }
  const asked = decode(head.path.slice(endpoint.path.indexOf('{model}')))
  const one = models.find(({ id }) => id === asked)
  // Every dialect answers for one model with what its listing holds of it.
  const listed = one && Object.values(dialect.codec.writeModels([one])).find(Array.isArray)?.[0]
  return isObject(listed) ? { status: 200, body: listed } : undefined
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
