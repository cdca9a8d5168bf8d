import {
  type CustomTool,
  type Diagnostics,
  Fields,
  type FunctionTool,
  isObject,
  type JsonObject,
  type ProviderTool,
  restore,
  shapeOf,
  type ToolDefinition,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'
import { readCacheMark, writeCacheMark } from './parts.ts'

/** The `nativeType` of the search that `web_search_options` asks for. */
const WEB_SEARCH = 'web_search_options'

/** Reads `tools`, the old `functions` and `web_search_options` as one list. */
export function readTools(f: Fields): readonly ToolDefinition[] | undefined {
  const tools = f.list('tools')?.map(readTool)
  const functions = f.list('functions')?.map(readLegacyFunction)
  const options = f.object('web_search_options')
  const search = options && [readSearch(options)]
  if (tools?.length === 0 && (functions || search)) f.leave('tools')
  if (functions?.length === 0) f.leave('functions')
  const all = [...(tools ?? []), ...(functions ?? []), ...(search ?? [])]
  return tools || all.length > 0 ? all : undefined
}

/** Writes them back apart. */
export function writeTools(tools: readonly ToolDefinition[] | undefined, diagnostics: Diagnostics): JsonObject {
  if (!tools) return {}
  const search = tools.find(isSearch)
  const functions = tools.filter(tool => standsIn(tool) === 'functions')
  const rest = tools.filter(tool => !isSearch(tool) && standsIn(tool) !== 'functions')
  const written = rest.map(tool => writeTool(tool, diagnostics)).filter(tool => tool !== undefined)
  return {
    tools: written.length > 0 || (!search && functions.length === 0 && rest.length === 0) ? written : undefined,
    functions: functions.length > 0 ? functions.map(writeLegacyFunction) : undefined,
    web_search_options: search && writeSearch(search),
  }
}

function readTool(value: unknown, i: number): ToolDefinition {
  const at = `tools[${i}]`
  const native: ToolDefinition = { type: 'native', dialect: DIALECT, value, at }
  if (!isObject(value)) return native
  const f = new Fields(value)
  if (f.constant('type', 'custom')) return readCustom(f, at) ?? native
  if (!f.constant('type', 'function') && f.peek('type') !== undefined) return native
  f.optional('type')
  return readFunction(f, f.nested('function'), at) ?? native
}

function readFunction(f: Fields, inner: Fields | undefined, at: string): FunctionTool | undefined {
  const name = inner?.string('name')
  if (!inner || name === undefined) return undefined
  return {
    type: 'function',
    name,
    description: inner.string('description'),
    parameters: inner.object('parameters'),
    isStrict: inner.boolean('strict'),
    cacheMark: readCacheMark(f),
    at,
    extra: f.extra(DIALECT),
  }
}

function readLegacyFunction(value: unknown, i: number): ToolDefinition {
  const at = `functions[${i}]`
  const extra = { [DIALECT]: { shapes: { in: 'functions' } } }
  const native: ToolDefinition = { type: 'native', dialect: DIALECT, value, at, extra }
  if (!isObject(value)) return native
  const f = new Fields(value)
  f.shape('in', 'functions')
  return readFunction(f, f, at) ?? native
}

function readCustom(f: Fields, at: string): CustomTool | undefined {
  const custom = f.nested('custom')
  const name = custom?.string('name')
  if (!custom || name === undefined) return undefined
  const format = custom.nested('format')
  const isGrammar = format?.constant('type', 'grammar')
  const inner = isGrammar ? format?.nested('grammar') : undefined
  const [syntax, definition] = [inner?.string('syntax'), inner?.string('definition')]
  const grammar = syntax === undefined || definition === undefined ? undefined : { syntax, definition }
  if (format && !grammar) custom.leave('format')
  return { type: 'custom', name, description: custom.string('description'), grammar, at, extra: f.extra(DIALECT) }
}

function readSearch(options: JsonObject): ProviderTool {
  const f = new Fields(options)
  const contextSize = f.string('search_context_size')
  const place = f.nested('user_location')
  const isApproximate = place?.constant('type', 'approximate')
  const p = isApproximate ? place?.nested('approximate') : undefined
  const location = p && {
    city: p.string('city'),
    region: p.string('region'),
    country: p.string('country'),
    timezone: p.string('timezone'),
  }
  if (place && !location) f.leave('user_location')
  const search = { contextSize, location }
  const extra = f.extra(DIALECT)
  return { type: 'provider', kind: 'web_search', nativeType: WEB_SEARCH, search, at: WEB_SEARCH, extra }
}

function writeTool(tool: ToolDefinition, diagnostics: Diagnostics): unknown {
  const at = tool.at ?? 'tools'
  switch (tool.type) {
    case 'native':
      if (tool.dialect === DIALECT) return tool.value
      return diagnostics.dropped(at, `chat has no counterpart to this tool of ${tool.dialect}`)
    case 'function':
      if (tool.resultSchema) diagnostics.dropped(`${at}.resultSchema`, 'chat has no schemas of results')
      return restore({ function: functionFields(tool), ...writeCacheMark(tool.cacheMark) }, tool.extra, DIALECT, {
        type: 'function',
      })
    case 'custom': {
      const { name, description, grammar } = tool
      const format = grammar && { type: 'grammar', grammar }
      return restore({ type: 'custom', custom: { name, description, format } }, tool.extra, DIALECT)
    }
    default:
      return diagnostics.dropped(at, `chat has no ${tool.type === 'provider' ? tool.kind : tool.type} tool`)
  }
}

function functionFields({ name, description, parameters, isStrict }: FunctionTool): JsonObject {
  return { name, description, parameters, strict: isStrict }
}

function writeLegacyFunction(tool: ToolDefinition): unknown {
  if (tool.type === 'function') return restore(functionFields(tool), tool.extra, DIALECT)
  return tool.type === 'native' ? tool.value : undefined
}

function writeSearch({ search, extra }: ProviderTool): JsonObject {
  const { city, region, country, timezone } = search?.location ?? {}
  const place = search?.location && { type: 'approximate', approximate: { city, region, country, timezone } }
  return restore({ search_context_size: search?.contextSize, user_location: place }, extra, DIALECT)
}

function standsIn(tool: ToolDefinition): string | undefined {
  return shapeOf(tool.extra, DIALECT, 'in')
}

function isSearch(tool: ToolDefinition): tool is ProviderTool {
  return tool.type === 'provider' && tool.kind === 'web_search'
}
