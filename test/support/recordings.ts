import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { CLIENT_KEY } from './dialects.ts'
import type { HeaderLine } from './http-message.ts'

/** Where recorded traffic lives: beside the repository, and not part of it. */
export const SHARED = resolve(fileURLToPath(new URL('../..', import.meta.url)), '../shared')
export const hasRecordings = existsSync(join(SHARED, 'corpus'))
export const hasCaptures = existsSync(join(SHARED, 'captures'))

/** One exchange to replay: what the client sends, what the provider answers. */
export interface Exchange {
  readonly id: string
  readonly method: string
  readonly target: string
  readonly headers: readonly HeaderLine[]
  /** Null where the request has none. */
  readonly body: Buffer | null
  readonly answer: {
    readonly status: number
    readonly headers: readonly HeaderLine[]
    readonly body: Buffer
    readonly isChunked: boolean
  }
}

interface Meta {
  readonly id: string
  readonly api: string
  readonly provider: string
  readonly official: boolean
  readonly path: string | null
  readonly model: string | null
  readonly status: number | null
  readonly streaming: boolean
  readonly request: string | null
  readonly response: string
  readonly request_headers: Readonly<Record<string, string>> | null
  readonly response_headers: Readonly<Record<string, string>> | null
}

const CREDENTIALS: Readonly<Record<string, HeaderLine>> = {
  openai: ['authorization', `Bearer ${CLIENT_KEY}`],
  anthropic: ['x-api-key', CLIENT_KEY],
  gemini: ['x-goog-api-key', CLIENT_KEY],
}

/** Every recorded exchange of the three providers' own hosts. */
export function recordedExchanges(): Exchange[] {
  const corpus = join(SHARED, 'corpus')
  return directories(corpus)
    .flatMap(api => directories(join(corpus, api)).map(id => join(corpus, api, id)))
    .map(folder => ({ folder, meta: JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as Meta }))
    .filter(({ meta }) => meta.official && meta.provider in CREDENTIALS)
    .map(({ folder, meta }) => fromRecording(folder, meta))
}

/** Every HTTP request captured from a real client; WebSocket frames are not requests and stay out. */
export function capturedRequests(): Exchange[] {
  const captures = join(SHARED, 'captures')
  return directories(captures).flatMap(client =>
    readdirSync(join(captures, client))
      .filter(file => file.endsWith('.json') && file !== 'index.json')
      .map(file => fromCapture(`${client}/${file}`, JSON.parse(readFileSync(join(captures, client, file), 'utf8'))))
      .filter(exchange => exchange !== null),
  )
}

function fromRecording(folder: string, meta: Meta): Exchange {
  const recorded = meta.response_headers ?? {}
  const encoding = recorded['content-encoding']
  const headers = Object.entries(recorded).filter(([name]) => name !== 'transfer-encoding' && name !== 'content-length')
  const body = readFileSync(join(folder, meta.response))
  return {
    id: `${meta.api}/${meta.id}`,
    method: 'POST',
    target: meta.path ?? usualPath(meta),
    headers: [
      // One recorder let the next header run into the value of user-agent.
      ...Object.entries({ 'content-type': 'application/json', ...meta.request_headers }).map(
        ([name, value]): HeaderLine => [name, value.split('\n')[0] ?? ''],
      ),
      CREDENTIALS[meta.provider]!,
    ],
    body: meta.request === null ? Buffer.from(unpublishedRequest(meta)) : readFileSync(join(folder, meta.request)),
    answer: {
      status: meta.status ?? 200,
      headers: headers as HeaderLine[],
      // Recordings hold decoded bodies: encode again what the provider had encoded.
      body: encoding === 'gzip' ? gzipSync(body, { level: 1 }) : encoding === 'br' ? brotliCompressSync(body) : body,
      isChunked: 'transfer-encoding' in recorded || meta.response.endsWith('.sse'),
    },
  }
}

interface Capture {
  readonly method: string
  readonly path: string
  readonly headers: readonly HeaderLine[]
  readonly compactJson: boolean
  readonly body: unknown
  readonly upgrade?: unknown
}

function fromCapture(id: string, capture: Capture): Exchange | null {
  if (capture.method === 'WS') return null
  const isUpgrade = Boolean(capture.upgrade)
  const hasBody = capture.body !== null
  return {
    id,
    method: capture.method,
    target: capture.path,
    headers: capture.headers.filter(
      ([name]) => !/^(host|content-length|transfer-encoding|connection|upgrade)$/i.test(name),
    ),
    body: hasBody ? Buffer.from(JSON.stringify(capture.body, null, capture.compactJson ? undefined : 2)) : null,
    answer: {
      status: isUpgrade ? 426 : 200,
      headers: [['content-type', 'application/json']],
      body: capture.method === 'HEAD' ? Buffer.alloc(0) : Buffer.from('{"id":"capture","object":"list","data":[]}'),
      isChunked: false,
    },
  }
}

/** The path of a recording that was published without it. */
function usualPath(meta: Meta): string {
  if (meta.api === 'openai-chat') return '/v1/chat/completions'
  if (meta.api === 'openai-responses') return '/v1/responses'
  if (meta.api === 'anthropic-messages') return '/v1/messages'
  const verb = meta.response.endsWith('.sse') ? 'streamGenerateContent?alt=sse' : 'generateContent'
  return `/v1beta/models/${meta.model ?? 'gemini-2.5-flash'}:${verb}`
}

/** A request to go with an answer whose own was not published. */
function unpublishedRequest(meta: Meta): string {
  const isStream = meta.response.endsWith('.sse')
  const contents = [{ role: 'user', parts: [{ text: 'not published' }] }]
  if (meta.provider === 'gemini') return JSON.stringify({ contents })
  return JSON.stringify({
    model: meta.model ?? 'unknown',
    messages: [{ role: 'user', content: 'not published' }],
    stream: isStream,
  })
}

function directories(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
}
