import type { JsonObject, ListedModel } from 'lunaroute/neutral'

/** Writes the listing of models, on one page. */
export function writeModels(models: readonly ListedModel[]): JsonObject {
  return {
    data: models.map(writeModel),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null,
  }
}

function writeModel({ id, createdAt }: ListedModel): JsonObject {
  return { type: 'model', id, display_name: id, created_at: new Date(createdAt * 1000).toISOString() }
}
