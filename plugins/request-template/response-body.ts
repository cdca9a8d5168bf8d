import type { Chunk } from 'lunaroute'
import { isObject, type JsonObject } from 'lunaroute/neutral'
import type { ResponseBody } from './options.ts'
import { type Environment, jsonTemplate, type Template, type Values } from './template.ts'

/** Adds fields to a whole answer. */
export type MetadataTemplate = (body: Chunk, values: Values) => Chunk

/** Undefined where nothing is to be added. */
export function metadataTemplate(written: ResponseBody, env: Environment): MetadataTemplate | undefined {
  const { enabled, metadata_namespace: namespace = 'lunaroute', fields, extension_fields: extensions } = written
  if (!enabled) return undefined
  const added = jsonTemplate({ ...(fields && { [namespace]: fields }), ...extensions }, env) as Template<JsonObject>
  return (body, values) => withFields(body, added(values))
}

/** Every other byte stays, unless the answer has a field of that name: that is replaced. */
function withFields(body: Chunk, fields: JsonObject): Chunk {
  const answer = body.json()
  if (!isObject(answer) || Object.keys(fields).length === 0) return body
  if (Object.keys(fields).some(key => Object.hasOwn(answer, key))) return body.with({ ...answer, ...fields })
  const end = body.data.lastIndexOf('}')
  const comma = Object.keys(answer).length > 0 ? ',' : ''
  return body.with(`${body.data.slice(0, end)}${comma}${JSON.stringify(fields).slice(1)}${body.data.slice(end + 1)}`)
}
