import {
  Fields,
  type JsonObject,
  type McpServer,
  type ProviderTool,
  type ProviderToolKind,
  present,
  restore,
  type SearchOptions,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'
import type { WriteContext } from './write-context.ts'

/** What the provider's own tools do, by type; the first type of a kind is the one that is written. */
const KINDS: Readonly<Record<string, ProviderToolKind>> = {
  web_search: 'web_search',
  web_search_2025_08_26: 'web_search',
  web_search_preview: 'web_search',
  web_search_preview_2025_03_11: 'web_search',
  file_search: 'file_search',
  code_interpreter: 'code_execution',
  image_generation: 'image_generation',
  mcp: 'mcp',
  tool_search: 'tool_search',
  shell: 'shell',
  local_shell: 'shell',
  apply_patch: 'apply_patch',
  computer: 'computer',
  computer_use: 'computer',
  computer_use_preview: 'computer',
}

/** What foreign declarations do not say and Responses requires. */
const REQUIRED: Readonly<Record<string, JsonObject>> = {
  code_interpreter: { container: { type: 'auto' } },
  mcp: { require_approval: 'never' },
}

/** Reads a tool of the provider's own, or undefined for any other. */
export function readProviderTool(f: Fields, at: string): ProviderTool | undefined {
  const nativeType = f.string('type') ?? ''
  if (!Object.hasOwn(KINDS, nativeType)) return undefined
  const kind = KINDS[nativeType]!
  return {
    type: 'provider',
    kind,
    nativeType,
    search: kind === 'web_search' ? readSearch(f) : undefined,
    server: kind === 'mcp' ? readServer(f) : undefined,
    isDeferred: f.boolean('defer_loading'),
    at,
    extra: f.extra(DIALECT),
  }
}

/** Writes one, or undefined for a tool that Responses does not have. */
export function writeProviderTool(tool: ProviderTool, { isOwn, diagnostics }: WriteContext): JsonObject | undefined {
  const { kind, nativeType, search, server, isDeferred, extra, at = 'tools' } = tool
  const isKnown = Object.hasOwn(KINDS, nativeType) && KINDS[nativeType] === kind
  const type = isOwn && isKnown ? nativeType : Object.keys(KINDS).find(type => KINDS[type] === kind)
  // A foreign computer has other actions and no display here: the two are not one tool.
  if (type === undefined || (kind === 'computer' && !isKnown)) return undefined
  if (search?.maxUses !== undefined) diagnostics.dropped(`${at}.maxUses`, 'responses does not limit searches')
  if (search?.blockedDomains) diagnostics.dropped(`${at}.blockedDomains`, 'responses cannot exclude domains')
  const written = { type, ...writeSearch(search), ...writeServer(server), defer_loading: isDeferred }
  return restore(written, extra, DIALECT, isOwn ? undefined : REQUIRED[type])
}

function readSearch(f: Fields): SearchOptions | undefined {
  const place = f.object('user_location')
  const p = place && new Fields(place)
  if (!p?.constant('type', 'approximate')) f.leave('user_location')
  const isPlace = p !== undefined && f.peek('user_location') !== undefined && place?.type === 'approximate'
  return present({
    allowedDomains: f.nested('filters')?.strings('allowed_domains'),
    contextSize: f.string('search_context_size'),
    location: isPlace
      ? {
          city: p.string('city'),
          region: p.string('region'),
          country: p.string('country'),
          timezone: p.string('timezone'),
          extra: p.extra(DIALECT),
        }
      : undefined,
  })
}

function writeSearch(search: SearchOptions | undefined): JsonObject {
  if (!search) return {}
  const { allowedDomains, contextSize, location } = search
  const { city, region, country, timezone, extra } = location ?? {}
  return {
    filters: allowedDomains && { allowed_domains: allowedDomains },
    search_context_size: contextSize,
    user_location: location && restore({ type: 'approximate', city, region, country, timezone }, extra, DIALECT),
  }
}

function readServer(f: Fields): McpServer | undefined {
  const name = f.string('server_label')
  if (name === undefined) return undefined
  return {
    name,
    url: f.string('server_url'),
    description: f.string('server_description'),
    token: f.string('authorization'),
    allowedTools: f.strings('allowed_tools'),
  }
}

function writeServer(server: McpServer | undefined): JsonObject {
  if (!server) return {}
  return {
    server_label: server.name,
    server_url: server.url,
    server_description: server.description,
    authorization: server.token,
    allowed_tools: server.allowedTools,
  }
}
