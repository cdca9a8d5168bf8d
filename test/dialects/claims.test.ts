import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Endpoint } from 'lunaroute'
import { describe, expect, it } from 'vitest'
import { claiming, dialects, headOf, serving } from './dialects.ts'

const signs = {
  'openai-chat': ['authorization', 'Bearer k'],
  'openai-responses': ['authorization', 'Bearer k'],
  'anthropic-messages': ['anthropic-version', '2023-06-01'],
  gemini: ['x-goog-api-key', 'k'],
} as const

describe('one dialect claims', () => {
  const endpoints = dialects.flatMap(({ name, endpoints }) => endpoints.map(endpoint => ({ name, endpoint })))

  it.each(endpoints)('$endpoint.method $endpoint.path with the sign of $name', ({ name, endpoint }) => {
    const head = headOf(endpoint.method, target(endpoint), [signs[name as keyof typeof signs]])
    expect(serving(head)).toContain(name)
    expect(claiming(head)).toEqual([name])
  })

  const shared = endpoints.filter(({ endpoint }) => serving(headOf(endpoint.method, target(endpoint))).length > 1)

  it.each(shared)('$endpoint.method $endpoint.path, which several serve, without any sign', ({ endpoint }) => {
    const head = headOf(endpoint.method, target(endpoint))
    expect(claiming(head)).toHaveLength(1)
    expect(serving(head)).toContain(claiming(head)[0])
  })
})

/** A request that fits the endpoint. */
function target({ path, query }: Endpoint): string {
  return `${path.replace(/\{\w+\}/g, 'x')}?${new URLSearchParams(query)}`
}

const folder = fileURLToPath(new URL('../../../shared/corpus/', import.meta.url))
const isPresent = existsSync(folder)
if (!isPresent) console.info('skipped: no recorded traffic at ../shared/corpus')

const HOSTS = ['api.openai.com', 'api.anthropic.com', 'generativelanguage.googleapis.com']

it.skipIf(!isPresent)("every recorded request to a provider's own host is served or claimed", () => {
  const recorded = dialects
    .flatMap(({ name }) => readdirSync(`${folder}${name}`).map(id => `${folder}${name}/${id}/meta.json`))
    .map((file): Recorded => JSON.parse(readFileSync(file, 'utf8')))
    .filter(({ host, path }) => HOSTS.includes(host ?? '') && path)
  for (const { id, api, path } of recorded) {
    const head = headOf('POST', path!)
    // Google's OpenAI-compatible paths are no endpoints: they pass through the bypass, to Google.
    if (head.path.startsWith('/v1beta/openai/')) expect(claiming(head), id).toEqual(['gemini'])
    else expect(serving(head), id).toContain(api)
  }
  console.info(`checked ${recorded.length} recorded requests`)
  expect(recorded.length).toBeGreaterThan(0)
})

interface Recorded {
  readonly id: string
  readonly api: string
  readonly host?: string
  readonly path?: string
}
