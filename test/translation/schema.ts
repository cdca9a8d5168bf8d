import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { JsonObject } from 'lunaroute/neutral'

const compiled = new Map<string, (body: unknown) => string[]>()

/** What the loosened schema of Responses says against a body, by the name of its definition. */
export function schemaProblems(definition: string, body: unknown): string[] {
  let check = compiled.get(definition)
  if (!check) {
    check = compile(definition)
    compiled.set(definition, check)
  }
  return check(JSON.parse(JSON.stringify(body)))
}

function compile(definition: string): (body: unknown) => string[] {
  const file = new URL('../../../shared/schemas/relaxed/openai-responses.schema.json', import.meta.url)
  const { $id: _, ...schema } = JSON.parse(readFileSync(fileURLToPath(file), 'utf8')) as JsonObject
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  const validate = ajv.compile({ ...schema, $ref: `#/$defs/${definition}` })
  return body => {
    if (validate(body)) return []
    // Of a union's many complaints the deepest is about the variant that was meant.
    const [worst] = [...(validate.errors ?? [])].sort((a, b) => b.instancePath.length - a.instancePath.length)
    return [`${worst?.instancePath} ${worst?.message} ${JSON.stringify(worst?.params)}`]
  }
}
