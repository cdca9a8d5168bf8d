import type { JsonObject, ListedModel } from 'lunaroute/neutral'

/** Writes the listing of models. */
export function writeModels(models: readonly ListedModel[]): JsonObject {
  return { object: 'list', data: models.map(writeModel) }
}

function writeModel({ id, createdAt, owner }: ListedModel): JsonObject {
  return { id, object: 'model', created: createdAt, owned_by: owner }
}
