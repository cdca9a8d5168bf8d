import type { JsonObject, ListedModel } from 'lunaroute/neutral'

/** Writes a listing of models. */
export function writeModels(models: readonly ListedModel[]): JsonObject {
  return {
    models: models.map(({ id, profile }) => ({
      name: `models/${id}`,
      displayName: id,
      inputTokenLimit: profile.contextTokens,
      outputTokenLimit: profile.maxOutputTokens,
      supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
      thinking: profile.reasoning === undefined ? undefined : profile.reasoning !== false,
    })),
  }
}

/** The number in an answer to a count. */
export function readTokenCount(body: JsonObject): number | undefined {
  return typeof body.totalTokens === 'number' ? body.totalTokens : undefined
}

/** Such an answer. */
export function writeTokenCount(tokens: number): JsonObject {
  return { totalTokens: tokens }
}
