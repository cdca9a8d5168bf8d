import { type Diagnostic, isObject, type JsonObject } from 'lunaroute/neutral'

/** Whether something at this path has been told of: by its own path, or by that of what holds it. */
export function isCovered(path: string, diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(told => covers(told.path, path))
}

/** A path that names no element of a list is too wide to stand for what is in the list. */
export function covers(told: string, path: string): boolean {
  if (told === path) return true
  const isOne = told.endsWith(']') || told === 'systemInstruction'
  return isOne && path.startsWith(told) && (path[told.length] === '.' || path[told.length] === '[')
}

/** Diagnostics about what the request does not hold. */
export function aboutNothing(body: JsonObject, diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics
    .filter(({ path }) => !isThere(body, path))
    .map(({ path, reason }) => `${path}: "${reason}" is about nothing`)
}

/** Whether a body holds something at a path. */
export function isThere(body: JsonObject, path: string): boolean {
  let value: unknown = body
  for (const key of path.match(/[^.[\]]+/g) ?? []) {
    if (Array.isArray(value) && /^\d+$/.test(key)) value = value[Number(key)]
    else if (isObject(value))
      value = value[[key, snake(key), OLD[key] ?? key].find(each => Object.hasOwn(value as JsonObject, each)) ?? '']
    else return false
    if (value === undefined) return false
  }
  return true
}

/** Google's clients may use either spelling. */
function snake(key: string): string {
  return key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}

/** The old names of fields that clients still use. */
const OLD: Readonly<Record<string, string>> = {
  max_completion_tokens: 'max_tokens',
  tool_choice: 'function_call',
  reasoning_effort: 'reasoning',
  prompt_cache_breakpoint: 'cache_control',
  seed: 'random_seed',
  responseJsonSchema: 'response_json_schema',
  top_logprobs: 'include',
  parameters: 'parametersJsonSchema',
}
