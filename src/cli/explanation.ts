import type { RequestHead } from '../dialect.ts'
import type { Found } from '../endpoints.ts'
import { GatewayError } from '../errors.ts'
import type { Generation } from '../generation.ts'
import { HOOK_NAMES } from '../hooks.ts'
import { checkObject, JsonRequest } from '../json-request.ts'
import type { HookName } from '../plugin.ts'
import { editQuery } from '../serve/request-head.ts'
import type { WrittenRequest } from './request-file.ts'

/** The plugins of each hook, in the order they run. */
export function hooksOf(generation: Generation): string[] {
  const rows = HOOK_NAMES.map(hook => [hook, tapsOf(generation, hook) || '(none: costs nothing)'] as const)
  return table(rows)
}

/** What would become of a request. */
export function journeyOf(written: WrittenRequest, generation: Generation): string[] {
  const head = headOf(written, generation)
  const query = editQuery(head.query, generation.secretQuery, name => `${name}=***`)
  const title = `${written.method} ${written.path}${query === '' ? '' : `?${query}`}`
  const { found, listener } = findIn(generation, head)
  if (found?.kind !== 'match') return [title, ...table(unserved(found, generation))]
  const { dialect, endpoint, model: pathModel } = found
  const target = { path: written.path, query: written.query }
  const request = new JsonRequest(head, dialect, endpoint, written.body, pathModel, target)
  const problem = endpoint.body === 'json' ? complaint(() => checkObject(request.bytes)) : undefined
  const rows: Row[] = [
    ['endpoint', `${endpoint.method} ${endpoint.path}, ${dialect.name}, ${endpoint.operation}`],
    ['listener', listener],
    ['provider', providerOf(generation.home(dialect).provider, generation)],
  ]
  if (problem !== undefined) return [title, ...table([...rows, ['refused', problem]])]
  const model = request.model
  if (model !== undefined) rows.push(['model', `${model}${request.isStream ? ', streamed' : ''}`])
  const session = dialect.session?.(request)
  if (session !== undefined) rows.push(['session', session])
  rows.push(...HOOK_NAMES.map((hook): Row => [hook, tapsOf(generation, hook) || '-']))
  rows.push(...fidelity(generation))
  return [title, ...table(rows)]
}

type Row = readonly [title: string, text: string]

function findIn(generation: Generation, head: RequestHead): { found: Found | null; listener: string } {
  const tries = generation.config.server.listeners.map(({ name, host, port, dialects }) => ({
    found: generation.endpoints.find(head, dialects && new Set(dialects)),
    listener: `${name} on ${host}:${port}`,
  }))
  return tries.find(each => each.found?.kind === 'match') ?? tries[0]!
}

function unserved(found: Found | null, generation: Generation): Row[] {
  if (found?.kind === 'method') return [['refused', `${found.dialect.name} serves it with ${found.allow.join(', ')}`]]
  if (found?.kind === 'elsewhere') return [['refused', `no listener serves its dialect, ${found.dialect.name}`]]
  const route = tapsOf(generation, 'route')
  const fate =
    route === '' ? 'refused, 404' : 'goes where a route plugin sends it, else 404; its body is streamed unread'
  const hooks = (['ingress', 'route', 'record'] as const).map((hook): Row => [hook, tapsOf(generation, hook) || '-'])
  return [['endpoint', `none: ${fate}`], ...hooks]
}

function providerOf(name: string | undefined, generation: Generation): string {
  const provider = name === undefined ? undefined : generation.providers.get(name)
  const isRouted = generation.taps.route.length > 0
  if (!provider) return isRouted ? 'what the route plugins say' : 'none that speaks this dialect: 503'
  const { baseUrl, hasKey } = provider.view
  const key = hasKey ? "the client's credential, else the configured key" : "the client's credential"
  return `${provider.name} at ${baseUrl}, with ${key}${isRouted ? ', unless a route plugin says otherwise' : ''}`
}

function fidelity(generation: Generation): Row[] {
  const before = [...generation.taps.normalize, ...generation.taps.egress]
  const after = generation.taps.streamChunk
  return [
    [
      'request',
      before.length > 0 ? `as it is, unless ${either(before)} changes it` : 'leaves byte for byte as it came',
    ],
    ['response', after.length > 0 ? `event by event, through ${after.join(', ')}` : 'comes back byte for byte'],
  ]
}

function either(plugins: readonly string[]): string {
  return [...new Set(plugins)].join(' or ')
}

function tapsOf(generation: Generation, hook: HookName): string {
  return generation.taps[hook].join(', ')
}

function headOf({ method, path, query, headers }: WrittenRequest, { secretHeaders }: Generation): RequestHead {
  const get = (name: string) => (secretHeaders.has(name) ? undefined : headers.get(name))
  return { method, path, query, get, has: name => headers.has(name) }
}

function complaint(check: () => void): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (error instanceof GatewayError) return `${error.status} ${error.code}: ${error.message}`
    throw error
  }
}

function table(rows: readonly Row[]): string[] {
  return rows.map(([title, text]) => `  ${title.padEnd(12)} ${text}`)
}
