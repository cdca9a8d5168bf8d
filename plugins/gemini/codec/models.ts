import type { JsonObject, ListedModel } from 'lunaroute/neutral'

/** Writes a page of the listing of models: all of them, unless the client asks for fewer (`pageSize`, `pageToken`). */
export function writeModels(models: readonly ListedModel[], query = new URLSearchParams()): JsonObject {
  // The token of a page is the number of models before it.
  const [from, size] = [numberIn(query, 'pageToken') ?? 0, numberIn(query, 'pageSize') ?? models.length]
  const end = from + (size || models.length)
  return {
    models: models.slice(from, end).map(writeModel),
    ...(end < models.length && { nextPageToken: String(end) }),
  }
}

function writeModel({ id, profile }: ListedModel): JsonObject {
  return {
    name: `models/${id}`,
    baseModelId: id,
    version: '001',
    displayName: id,
    inputTokenLimit: profile.contextTokens,
    outputTokenLimit: profile.maxOutputTokens,
    supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
    thinking: profile.reasoning === undefined ? undefined : profile.reasoning !== false,
  }
}

function numberIn(query: URLSearchParams, key: string): number | undefined {
  const text = query.get(key) ?? query.get(key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`))
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined
}

/** The number in an answer to a count. */
export function readTokenCount(body: JsonObject): number | undefined {
  return typeof body.totalTokens === 'number' ? body.totalTokens : undefined
}

/** Such an answer. */
export function writeTokenCount(tokens: number): JsonObject {
  return { totalTokens: tokens }
}
