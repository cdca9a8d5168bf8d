import {
  type Diagnostics,
  Fields,
  type FunctionTool,
  isObject,
  type JsonObject,
  type NeutralRequest,
  type ProviderTool,
  type ProviderToolKind,
  restore,
  shapeOf,
  type ToolDefinition,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'
import { readSchema, writeSchema } from './schema.ts'

const FUNCTIONS = 'functionDeclarations'

const KINDS: Readonly<Record<string, ProviderToolKind>> = {
  googleSearch: 'web_search',
  google_search: 'web_search',
  urlContext: 'web_fetch',
  url_context: 'web_fetch',
  codeExecution: 'code_execution',
  code_execution: 'code_execution',
  fileSearch: 'file_search',
  file_search: 'file_search',
}

/** The declarations this dialect can make of foreign provider tools. */
const NATIVE_TYPES: Readonly<Record<string, string>> = {
  web_search: 'googleSearch',
  web_fetch: 'urlContext',
  code_execution: 'codeExecution',
}

/** Reads `tools`: a list of objects that declare functions and provider tools side by side, or one such object. */
export function readTools(f: Fields): readonly ToolDefinition[] | undefined {
  const single = f.object('tools')
  if (single) f.shape('tools', 'object')
  const groups = single ? [single] : f.list('tools')
  return groups?.flatMap((group, i) => readGroup(group, single ? 'tools' : `tools[${i}]`))
}

/** Writes `tools` along the borders they had; foreign functions go into one object. */
export function writeTools(request: NeutralRequest, diagnostics: Diagnostics): unknown {
  const { tools, dialect, extra } = request
  if (!tools) return undefined
  const isOwn = dialect === DIALECT
  const groups: unknown[] = []
  for (const tool of tools) {
    const written = writeTool(tool, diagnostics, isOwn)
    if (written === undefined) continue
    const last = groups.at(-1)
    const joins = isOwn
      ? shapeOf(tool.extra, DIALECT, 'group') === 'same'
      : tool.type === 'function' && isObject(last) && FUNCTIONS in last
    if (joins && isObject(last) && isObject(written)) groups[groups.length - 1] = join(last, written)
    else groups.push(written)
  }
  if (groups.length === 0 && tools.length > 0) return undefined
  return shapeOf(extra, DIALECT, 'tools') === 'object' && groups.length === 1 ? groups[0] : groups
}

function readGroup(group: unknown, at: string): readonly ToolDefinition[] {
  if (!isObject(group) || Object.keys(group).length === 0) {
    return [{ type: 'native', dialect: DIALECT, value: group, at }]
  }
  const key = [FUNCTIONS, 'function_declarations'].find(key => Array.isArray(group[key]) && group[key].length > 0)
  const functions = key === undefined ? [] : (group[key] as readonly unknown[])
  const tools = [
    ...functions.map((value, i) => readFunction(value, `${at}.${key}[${i}]`, key!)),
    ...Object.keys(group)
      .filter(other => other !== key)
      .map(other => readProvider(other, group[other], `${at}.${other}`)),
  ]
  return tools.map((tool, i) => (i === 0 ? tool : note(tool, 'group', 'same')))
}

function readFunction(value: unknown, at: string, list: string): ToolDefinition {
  const shapes = { list }
  const native: ToolDefinition = { type: 'native', dialect: DIALECT, value, at, extra: { [DIALECT]: { shapes } } }
  if (!isObject(value)) return native
  const f = new Fields(value)
  const name = f.string('name')
  if (name === undefined) return native
  if (list !== FUNCTIONS) f.shape('list', list)
  const schema = f.object('parametersJsonSchema', 'parameters_json_schema')
  const subset = schema ? undefined : f.object('parameters')
  // Google's own schema language: a subset of OpenAPI's, with types in capitals.
  if (subset) f.shape('parameters', 'openapi')
  const given = schema ?? subset
  const parameters = given && readSchema(given)
  if (parameters?.types) f.shape('types', parameters.types)
  return {
    type: 'function',
    name,
    description: f.string('description'),
    parameters: parameters?.schema,
    resultSchema: f.object('responseJsonSchema', 'response_json_schema'),
    at,
    extra: f.extra(DIALECT),
  }
}

function readProvider(key: string, value: unknown, at: string): ToolDefinition {
  if (!Object.hasOwn(KINDS, key) || !isObject(value)) {
    return { type: 'native', dialect: DIALECT, value: { [key]: value }, at }
  }
  const extra = new Fields(value).extra(DIALECT)
  return { type: 'provider', kind: KINDS[key]!, nativeType: key, at, extra }
}

function note<T extends ToolDefinition>(tool: T, key: string, how: string): T {
  const own = tool.extra?.[DIALECT]
  return { ...tool, extra: { ...tool.extra, [DIALECT]: { ...own, shapes: { ...own?.shapes, [key]: how } } } }
}

/** What a tool adds to its group. */
function writeTool(tool: ToolDefinition, diagnostics: Diagnostics, isOwn: boolean): unknown {
  const at = tool.at ?? 'tools'
  if (tool.type === 'native') {
    if (tool.dialect !== DIALECT) {
      return diagnostics.dropped(at, `gemini has no counterpart to this tool of ${tool.dialect}`)
    }
    const list = shapeOf(tool.extra, DIALECT, 'list')
    return list === undefined ? tool.value : { [list]: [tool.value] }
  }
  if (!isOwn && tool.cacheMark) diagnostics.dropped(`${at}.cacheMark`, 'gemini has no prompt cache breakpoints')
  if (tool.type === 'function') return writeFunction(tool, diagnostics, isOwn)
  if (tool.type !== 'provider') return diagnostics.dropped(at, `gemini has no ${tool.type} tools`)
  return writeProvider(tool, diagnostics, isOwn)
}

function writeFunction(tool: FunctionTool, diagnostics: Diagnostics, isOwn: boolean): JsonObject {
  const { name, description, parameters, resultSchema, extra } = tool
  if (!isOwn && tool.isStrict) diagnostics.dropped(`${tool.at ?? 'tools'}.isStrict`, 'gemini has no strict tools')
  const types = shapeOf(extra, DIALECT, 'types')
  const key = shapeOf(extra, DIALECT, 'parameters') === 'openapi' ? 'parameters' : 'parametersJsonSchema'
  const written = {
    name,
    description,
    [key]: parameters && writeSchema(parameters, types),
    responseJsonSchema: resultSchema,
  }
  return { [shapeOf(extra, DIALECT, 'list') ?? FUNCTIONS]: [restore(written, extra, DIALECT)] }
}

function writeProvider(tool: ProviderTool, diagnostics: Diagnostics, isOwn: boolean): unknown {
  const at = tool.at ?? 'tools'
  const key = isOwn ? tool.nativeType : NATIVE_TYPES[tool.kind]
  if (key === undefined) return diagnostics.dropped(at, `gemini has no ${tool.kind} tool`)
  for (const [option, value] of Object.entries(isOwn ? {} : (tool.search ?? {}))) {
    if (value !== undefined) diagnostics.dropped(`${at}.${option}`, 'gemini has no such option of its search')
  }
  return { [key]: restore({}, tool.extra, DIALECT) }
}

/** Puts what a tool adds into its group: functions of one list follow each other. */
function join(group: JsonObject, added: JsonObject): JsonObject {
  const joined: Record<string, unknown> = { ...group }
  for (const [key, value] of Object.entries(added)) {
    const old = joined[key]
    joined[key] = Array.isArray(old) && Array.isArray(value) ? [...old, ...value] : value
  }
  return joined
}
