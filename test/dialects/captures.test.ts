import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { LlmRequest, RequestHead } from 'lunaroute'
import { afterAll, describe, expect, it } from 'vitest'
import { claiming, dialects, headOf, serving } from './dialects.ts'

// Recorded requests of real clients, kept beside the repository.
const folder = fileURLToPath(new URL('../../../shared/captures/', import.meta.url))
const isPresent = existsSync(folder)
if (!isPresent) console.info('skipped: no captures of real clients at ../shared/captures')

const captures = isPresent ? load() : []
/** A WebSocket's frames have no head, and its upgrade is no request to an endpoint. */
const requests = captures.filter(({ method, head }) => method !== 'WS' && !head.has('upgrade') && head.path !== '/')

describe.skipIf(!isPresent)('captured requests', () => {
  afterAll(() => console.info(`checked ${requests.length} captured requests of ${captures.length} captures`))

  it.each(requests)('$name $method $path is served and claimed by $dialect alone', ({ head, dialect }) => {
    expect(serving(head)).toContain(dialect)
    expect(claiming(head)).toEqual([dialect])
  })

  it.each(requests)('$name $method $path has the session its client meant', ({ client, head, body, dialect }) => {
    expect(sessionOf(dialect, head, body)).toBe(expectedSession(client, head))
  })

  const nameless: RequestHead = { method: 'POST', path: '', query: '', get: () => undefined, has: () => false }
  const coding = requests.filter(({ client, body }) =>
    client.startsWith('claude-code') ? 'metadata' in body : client === 'codex',
  )
  it.each(coding)('$name $method $path names the same session in its body as in its headers', capture => {
    const { client, head, body, dialect } = capture
    expect(sessionOf(dialect, nameless, body)).toBe(expectedSession(client, head))
  })

  it.each(captures.filter(({ method }) => method === 'WS'))('$name, a frame, names its session', ({ body }) => {
    expect(sessionOf('openai-responses', nameless, body)).toBe(body.prompt_cache_key)
  })
})

function sessionOf(dialect: string, head: RequestHead, body: Capture['body']): string | undefined {
  const { session } = dialects.find(({ name }) => name === dialect)!
  return session?.({ head, peek: (field: string) => body[field] } as LlmRequest)
}

function expectedSession(client: string, head: RequestHead): string | undefined {
  if (client.startsWith('claude-code')) return head.get('x-claude-code-session-id')
  if (client === 'codex') return head.get('session-id')
  return client === 'opencode' ? head.get('x-session-id') : undefined
}

interface Capture {
  readonly name: string
  readonly client: string
  readonly method: string
  readonly path: string
  readonly dialect: string
  readonly head: RequestHead
  readonly body: Readonly<Record<string, unknown>>
}

function load(): Capture[] {
  return readdirSync(folder).flatMap(client =>
    readdirSync(`${folder}${client}`)
      .filter(file => file !== 'index.json')
      .map(file => read(client, file)),
  )
}

function read(client: string, file: string): Capture {
  const { method, path, headers, body } = JSON.parse(readFileSync(`${folder}${client}/${file}`, 'utf8'))
  const head = headOf(method, path, headers)
  return { name: `${client}/${file}`, client, method, path, dialect: spoken(head), head, body: body ?? {} }
}

/** What the client speaks, told from what the captures are known to hold. */
function spoken({ path, has }: RequestHead): string {
  if (path.includes('/models/')) return 'gemini'
  if (path.endsWith('/chat/completions')) return 'openai-chat'
  if (path.endsWith('/responses')) return 'openai-responses'
  return has('anthropic-version') ? 'anthropic-messages' : 'unknown'
}
