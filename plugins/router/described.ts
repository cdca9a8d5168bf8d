import type { Dialect, RequestHead } from 'lunaroute'
import { GatewayError } from 'lunaroute'
import { pathOf } from './described-path.ts'
import type { Routable } from './facts.ts'

/** A described request, as rules see it. */
export interface Described {
  readonly request: Routable
  readonly listener: string
}

/**
 * A request as an operator describes it, or as it was recorded: `{ path, method, listener, headers, body }`, or a body
 * alone, which tells by its fields where it would be sent. Throws a GatewayError where it is none that a dialect of the
 * gateway serves.
 */
export function describedRequest(given: unknown, dialects: readonly Dialect[]): Described {
  if (!isObject(given)) throw refusal('a request is described by an object: { path, headers, body }, or its body alone')
  const isWhole = 'body' in given || 'path' in given
  const {
    path: said,
    method = 'POST',
    headers: listed = {},
    listener,
    body: written,
  } = isWhole ? given : { body: given }
  const headers = Array.isArray(listed) ? listed : isObject(listed) ? Object.entries(listed) : undefined
  const body = typeof written === 'string' ? parsed(written) : written
  const url = said ?? pathOf(body)
  if (typeof url !== 'string' || typeof method !== 'string' || !headers?.every(Array.isArray)) {
    throw refusal('path and method are text, and headers an object or a list of pairs')
  }
  const head = headOf(method, url, headers)
  const found = dialects.flatMap(dialect =>
    dialect.endpoints.flatMap(endpoint => {
      const fit = endpoint.method === head.method ? patternOf(endpoint.path).exec(head.path) : null
      return fit ? [{ dialect, endpoint, inPath: fit.groups?.model }] : []
    }),
  )
  const chosen = found.find(each => each.dialect.claims(head)) ?? found[0]
  if (!chosen) throw refusal(`no dialect of this gateway serves ${head.method} ${head.path}`)
  const { dialect, endpoint, inPath } = chosen
  const fields = isObject(body) ? body : {}
  const model = inPath === undefined ? fields.model : decodeURIComponent(inPath)
  return {
    listener: typeof listener === 'string' ? listener : 'default',
    request: {
      head,
      dialect,
      endpoint,
      model: typeof model === 'string' ? model : undefined,
      isStream: endpoint.stream !== undefined || fields.stream === true,
      bytes: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
      peek: field => fields[field],
      json: () => body,
    },
  }
}

function headOf(method: string, url: string, given: readonly (readonly unknown[])[]): RequestHead {
  const headers = new Map(given.map(([name, value]) => [String(name).toLowerCase(), String(value)]))
  const [path = '', query = ''] = url.split('?', 2)
  return { method: method.toUpperCase(), path, query, get: name => headers.get(name), has: name => headers.has(name) }
}

/** The body of a recorded request may be its text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

function patternOf(path: string): RegExp {
  const source = path
    .split(/(\{\w+\})/)
    .map(part => (part === '{model}' ? '(?<model>.+)' : /^\{/.test(part) ? '[^/]+' : escaped(part)))
  return new RegExp(`^${source.join('')}$`)
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function refusal(message: string): GatewayError {
  return new GatewayError('LR_BAD_REQUEST', 400, message)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
