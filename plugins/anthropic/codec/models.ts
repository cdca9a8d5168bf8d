import type { JsonObject, ListedModel } from 'lunaroute/neutral'

/** Writes a page of the listing of models: all of them, unless the client asks for fewer (`limit`, `after_id`, `before_id`). */
export function writeModels(models: readonly ListedModel[], query = new URLSearchParams()): JsonObject {
  const [after, before, limit] = ['after_id', 'before_id', 'limit'].map(key => query.get(key))
  const from = models.findIndex(({ id }) => id === after) + 1
  const end = before === null ? -1 : models.findIndex(({ id }) => id === before!)
  const asked = models.slice(from, end < 0 ? undefined : end)
  const most = Number(limit) >= 1 ? Math.floor(Number(limit)) : asked.length
  // Backwards, a page is the last ones before its border.
  const page = end < 0 ? asked.slice(0, most) : asked.slice(-most)
  return {
    data: page.map(writeModel),
    has_more: page.length < asked.length,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  }
}

function writeModel({ id, createdAt, profile }: ListedModel): JsonObject {
  return {
    type: 'model',
    id,
    display_name: id,
    created_at: new Date(createdAt * 1000).toISOString(),
    capabilities: null,
    max_input_tokens: profile.contextTokens ?? null,
    max_tokens: profile.maxOutputTokens ?? null,
    lifecycle: 'active',
    line: null,
    deprecated_at: null,
    retires_at: null,
  }
}
