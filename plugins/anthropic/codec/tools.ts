import {
  type Diagnostics,
  Fields,
  type FunctionTool,
  isObject,
  type JsonObject,
  type McpServer,
  type ProviderTool,
  present,
  restore,
  type SearchOptions,
  shapeOf,
  type ToolDefinition,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'
import { readCacheMark } from './read-blocks.ts'
import { kindOf } from './server-tools.ts'
import { writeCacheMark } from './write-blocks.ts'

/** The declarations this dialect can make of foreign provider tools. */
const NATIVE_TYPES: Readonly<Record<string, readonly [type: string, name: string]>> = {
  web_search: ['web_search_20250305', 'web_search'],
  web_fetch: ['web_fetch_20250910', 'web_fetch'],
  code_execution: ['code_execution_20250825', 'code_execution'],
}

/** The `nativeType` of an entry of `mcp_servers`. */
const MCP_SERVER = 'mcp_server'

/** Reads an element of `tools`. */
export function readTool(value: unknown, i: number): ToolDefinition {
  const at = `tools[${i}]`
  const native: ToolDefinition = { type: 'native', dialect: DIALECT, value, at }
  if (!isObject(value)) return native
  const f = new Fields(value)
  const type = f.string('type')
  if (type === undefined || type === 'custom') return readFunction(f, type, at) ?? native
  return {
    type: 'provider',
    kind: kindOf(type),
    nativeType: type,
    name: f.string('name'),
    search: readSearch(f),
    ...readCommon(f),
    at,
    extra: f.extra(DIALECT),
  }
}

/** Reads an element of `mcp_servers`, or undefined if it is none. */
export function readMcpServer(value: unknown, i: number): ProviderTool | undefined {
  if (!isObject(value)) return undefined
  const f = new Fields(value)
  const name = f.string('name')
  if (!f.constant('type', 'url') || name === undefined) return undefined
  const allowedTools = f.nested('tool_configuration')?.strings('allowed_tools')
  const server: McpServer = { name, url: f.string('url'), token: f.string('authorization_token'), allowedTools }
  const extra = f.extra(DIALECT)
  return { type: 'provider', kind: 'mcp', nativeType: MCP_SERVER, name, server, at: `mcp_servers[${i}]`, extra }
}

/** Writes `tools` and `mcp_servers`. */
export function writeTools(tools: readonly ToolDefinition[], diagnostics: Diagnostics, isOwn: boolean): JsonObject {
  const servers = tools.filter(isMcpServer)
  const written = tools
    .filter(tool => !isMcpServer(tool))
    .map(tool => writeTool(tool, diagnostics, isOwn))
    .filter(tool => tool !== undefined)
  return {
    tools: written.length > 0 || servers.length === 0 ? written : undefined,
    mcp_servers: servers.length > 0 ? servers.map(writeMcpServer) : undefined,
  }
}

function readFunction(f: Fields, type: string | undefined, at: string): FunctionTool | undefined {
  const [name, parameters] = [f.string('name'), f.object('input_schema')]
  if (name === undefined) return undefined
  if (type !== undefined) f.shape('type', type)
  f.optional('input_schema')
  const [description, isStrict] = [f.string('description'), f.boolean('strict')]
  return { type: 'function', name, description, parameters, isStrict, ...readCommon(f), at, extra: f.extra(DIALECT) }
}

function readCommon(f: Fields) {
  return { cacheMark: readCacheMark(f), isDeferred: f.boolean('defer_loading') }
}

function readSearch(f: Fields): SearchOptions | undefined {
  const place = f.object('user_location')
  const p = place && new Fields(place)
  const location = p?.constant('type', 'approximate')
    ? {
        city: p.string('city'),
        region: p.string('region'),
        country: p.string('country'),
        timezone: p.string('timezone'),
        extra: p.extra(DIALECT),
      }
    : f.leave('user_location')
  return present({
    allowedDomains: f.strings('allowed_domains'),
    blockedDomains: f.strings('blocked_domains'),
    maxUses: f.number('max_uses'),
    location,
  })
}

function writeTool(tool: ToolDefinition, diagnostics: Diagnostics, isOwn: boolean): unknown {
  const at = tool.at ?? 'tools'
  if (tool.type === 'native') {
    if (tool.dialect === DIALECT) return tool.value
    return diagnostics.dropped(at, `messages has no counterpart to this tool of ${tool.dialect}`)
  }
  const common = {
    cache_control: tool.cacheMark && writeCacheMark(tool.cacheMark, isOwn),
    defer_loading: tool.isDeferred,
  }
  if (tool.type === 'function') {
    const { name, description, parameters, isStrict, resultSchema } = tool
    if (resultSchema) diagnostics.dropped(`${at}.resultSchema`, 'messages has no schemas of results')
    const type = shapeOf(tool.extra, DIALECT, 'type')
    const written = { type, name, description, input_schema: parameters, strict: isStrict, ...common }
    return restore(written, tool.extra, DIALECT, { input_schema: { type: 'object', properties: {} } })
  }
  if (tool.type !== 'provider') return diagnostics.dropped(at, `messages has no ${tool.type} tools`)
  const [type, name] = isOwn ? [tool.nativeType, tool.name] : (NATIVE_TYPES[tool.kind] ?? [])
  if (type === undefined) return diagnostics.dropped(at, `messages has no ${tool.kind} tool`)
  return restore({ type, name, ...writeSearch(tool.search), ...common }, tool.extra, DIALECT)
}

function writeSearch(search: SearchOptions | undefined): JsonObject | undefined {
  if (!search) return undefined
  const { extra, ...place } = search.location ?? {}
  return {
    allowed_domains: search.allowedDomains,
    blocked_domains: search.blockedDomains,
    max_uses: search.maxUses,
    user_location: search.location && restore({ type: 'approximate', ...place }, extra, DIALECT),
  }
}

function isMcpServer(tool: ToolDefinition): tool is ProviderTool & { readonly server: McpServer } {
  return (
    tool.type === 'provider' &&
    tool.server !== undefined &&
    (tool.nativeType === MCP_SERVER || tool.server.url !== undefined)
  )
}

function writeMcpServer(tool: ProviderTool & { readonly server: McpServer }): JsonObject {
  const { name, url, token, allowedTools } = tool.server
  const configuration = allowedTools && { allowed_tools: allowedTools }
  const written = { type: 'url', name, url, authorization_token: token, tool_configuration: configuration }
  return restore(written, tool.extra, DIALECT)
}
