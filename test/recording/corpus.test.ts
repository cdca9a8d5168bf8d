import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ResponseRecordedEvent, SessionEvent } from '../../src/sessions/events.ts'
import { providersAt } from '../support/dialects.ts'
import { headerOf } from '../support/http-message.ts'
import { randomPieces, seeded } from '../support/random.ts'
import { hasRecordings, SHARED } from '../support/recordings.ts'
import { startUpstream } from '../support/upstream.ts'
import { type Api, said } from './provider-answers.ts'
import { of, recorded } from './rig.ts'
import { json, type Said } from './said.ts'

const MARK = 'x-replayed-exchange'
const APIS: readonly Api[] = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini']

/** Recordings that contradict themselves, and what the record then goes by. */
const AMBIGUOUS: Readonly<Record<string, readonly string[]>> = {
  // Its last chunk tells of an error and of usage at once: the stream ends with the error.
  'openai-chat/pydantic_ai.test_openrouter_stream_error.44991879': ['output', 'reasoning', 'is_usage_estimated'],
  // The item's id at its beginning is another than at its end: the client was told the first.
  'openai-responses/ai.openai_client_tool_search_1.66d0fe96': ['calls'],
  // The pieces of text are others than the text at the end: the client was told the pieces.
  'openai-responses/ai.openai_shell_container_1.086ab6b9': ['text'],
  // A message begins within a message.
  'anthropic-messages/ai.spliced_message_start.b2fc3323': ['calls'],
}

interface Recording {
  readonly id: string
  readonly api: Api
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly request: string
  readonly status: number
  readonly type: string
  readonly answer: Buffer
  readonly transport: string
}

test.skipIf(!hasRecordings)(
  hasRecordings
    ? 'every recorded answer is recorded with the text, calls, usage and stop reason that the provider sent'
    : 'recorded answers are skipped: there is no ../shared/corpus beside this checkout',
  async () => {
    const recordings = new Map(APIS.flatMap(recordingsOf).map(each => [each.id, each]))
    const upstream = await startUpstream(async (request, wire) => {
      await request.complete
      const { answer, status, type, transport } = recordings.get(headerOf(request.headers, MARK)!)!
      await wire.answer({
        status,
        headers: [['content-type', type]],
        framing: transport === 'json' || transport === 'text' ? 'length' : 'chunked',
        pieces: randomPieces(answer, seeded(answer.length)),
      })
    })
    const { g, stop } = await recorded({ providers: providersAt(upstream.url) })
    const queue = [...recordings.values()]
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let each = queue.shift(); each; each = queue.shift()) {
          const headers = { ...each.headers, [MARK]: each.id, 'content-type': 'application/json' }
          const reply = await g.fetch(each.path, { method: 'POST', headers, body: each.request })
          await reply.arrayBuffer()
        }
      }),
    )
    const events = await stop()
    await upstream.close()
    const differences = compare([...recordings.values()], events)
    expect(differences.slice(0, 30)).toEqual([])
  },
  300_000,
)

function compare(recordings: readonly Recording[], events: readonly SessionEvent[]): readonly string[] {
  const ids = new Map(of(events, 'started').map(each => [each.request_headers[MARK], each.request_id]))
  const answers = new Map(of(events, 'response_recorded').map(each => [each.request_id, each]))
  const calls = of(events, 'tool_call_recorded')
  const counts = new Map<string, number>()
  const differences: string[] = []
  for (const recording of recordings) {
    const requestId = ids.get(recording.id)
    const answer = answers.get(requestId ?? '')
    if (!answer) {
      differences.push(`${recording.id} is not recorded`)
      continue
    }
    const own = calls.filter(each => each.request_id === requestId)
    const known = AMBIGUOUS[recording.id] ?? []
    const found = differencesOf(recording, answer, own).filter(each => !known.includes(each.split(' ', 1)[0]!))
    differences.push(...found.map(each => `${recording.id}: ${each}`))
    const kind = `${recording.api} ${recording.transport}${recording.status >= 400 ? ' error' : ''}`
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  console.log(
    `${recordings.length} answers compared: ${[...counts]
      .sort()
      .map(([kind, n]) => `${n} ${kind}`)
      .join(', ')}`,
  )
  return differences
}

type Call = Extract<SessionEvent, { type: 'tool_call_recorded' }>

function differencesOf(recording: Recording, answer: ResponseRecordedEvent, calls: readonly Call[]): readonly string[] {
  if (answer.status !== recording.status) return [`status ${answer.status} instead of ${recording.status}`]
  const text = recording.answer.toString()
  const isStream = recording.transport === 'sse' || recording.transport === 'json-array'
  if (!isStream && JSON.stringify(answer.response_json) !== JSON.stringify(text === '' ? null : parsed(text))) {
    return ['the body is another']
  }
  if (recording.status >= 400 || recording.transport === 'text') return []
  const events = isStream ? eventsOf(recording, text) : undefined
  const wanted = said(recording.api, isStream ? undefined : JSON.parse(text), events)
  const recordedSaid: Said = {
    text: answer.response_text,
    calls: calls.map(each => ({ name: each.tool_name, input: json(each.tool_arguments), id: each.tool_call_id })),
    stop: answer.finish_reason ?? undefined,
    input: sum(answer.input_tokens, answer.cache_read_tokens, answer.cache_creation_tokens, answer.audio_input_tokens),
    output: sum(answer.output_tokens, answer.reasoning_tokens, answer.thinking_tokens, answer.audio_output_tokens),
    cacheRead: answer.cache_read_tokens,
    cacheWrite: answer.cache_creation_tokens,
    reasoning: answer.reasoning_tokens + answer.thinking_tokens,
  }
  const isTold = wanted.input !== undefined && wanted.output !== undefined
  const found: string[] = []
  for (const key of Object.keys(recordedSaid) as (keyof Said)[]) {
    if (!isTold) {
      if (['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning'].includes(key)) continue
    }
    // Where the provider gave no reason, or an empty one, ours stands for it.
    if (key === 'stop' && wanted.stop === undefined) continue
    const [is, should] =
      key === 'calls' ? withSameIds(recordedSaid.calls, wanted.calls) : [recordedSaid[key], wanted[key]]
    if (JSON.stringify(is) !== JSON.stringify(should)) {
      found.push(`${key} is ${JSON.stringify(is)?.slice(0, 150)} instead of ${JSON.stringify(should)?.slice(0, 150)}`)
    }
  }
  // What broke off has no final numbers.
  const isFinal = isTold && (!isStream || wanted.stop !== undefined || text.includes('[DONE]'))
  if (answer.is_usage_estimated === isFinal) found.push(`is_usage_estimated is ${answer.is_usage_estimated}`)
  return found
}

/** Calls that the provider gave no id have one of ours, which is not compared. */
function withSameIds(is: Said['calls'], should: Said['calls']): readonly [unknown, unknown] {
  return [is.map((each, i) => (should[i]?.id === undefined ? { ...each, id: undefined } : each)), should]
}

function sum(...numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The data of each event, read as simply as the standard allows. */
function eventsOf({ transport }: Recording, text: string): readonly unknown[] {
  if (transport === 'json-array') return JSON.parse(text) as unknown[]
  return text
    .replaceAll('\r\n', '\n')
    .split('\n\n')
    .map(event =>
      event
        .split('\n')
        .filter(line => line.startsWith('data:'))
        .map(line => line.slice(5).trim())
        .join('\n'),
    )
    .filter(data => data !== '' && data !== '[DONE]')
    .flatMap(data => {
      const value = parsed(data)
      return typeof value === 'object' && value !== null ? [value] : []
    })
}

function recordingsOf(api: Api): readonly Recording[] {
  const folder = join(SHARED, 'corpus', api)
  return readdirSync(folder).flatMap(name => {
    const at = (file: string): string => join(folder, name, file)
    if (!existsSync(at('meta.json'))) return []
    const meta = JSON.parse(readFileSync(at('meta.json'), 'utf8'))
    const path = pathOf(api, meta)
    if (path === undefined) return []
    const request = meta.request === null ? '{"model":"unknown"}' : readFileSync(at(meta.request), 'utf8')
    return [
      {
        id: `${api}/${name}`,
        api,
        path,
        headers: headersOf(api),
        request,
        status: meta.status ?? 200,
        type:
          meta.transport === 'sse'
            ? 'text/event-stream'
            : meta.transport === 'text'
              ? 'text/plain'
              : 'application/json',
        answer: readFileSync(at(meta.response)),
        transport: meta.transport,
      },
    ]
  })
}

/** Where the gateway takes such a request; undefined for what asks for no answer of a model. */
function pathOf(api: Api, meta: { path: string | null; transport: string; model: string | null }): string | undefined {
  const own = meta.path ?? ''
  if (/count_?tokens|\/input_tokens|\/compact|\/embeddings|\/batches/i.test(own)) return undefined
  if (api === 'openai-chat') return '/v1/chat/completions'
  if (api === 'openai-responses') return '/v1/responses'
  if (api === 'anthropic-messages') return '/v1/messages'
  const verb = /:(\w+)/.exec(own)?.[1]
  if (verb !== undefined && !/^(?:streamG|g)enerateContent$/.test(verb)) return undefined
  const model = encodeURIComponent(meta.model ?? 'gemini')
  if (meta.transport === 'sse') return `/v1beta/models/${model}:streamGenerateContent?alt=sse`
  return `/v1beta/models/${model}:${meta.transport === 'json-array' ? 'streamGenerateContent' : 'generateContent'}`
}

function headersOf(api: Api): Readonly<Record<string, string>> {
  if (api === 'anthropic-messages') return { 'anthropic-version': '2023-06-01', 'x-api-key': 'client-key' }
  if (api === 'gemini') return { 'x-goog-api-key': 'client-key' }
  return { authorization: 'Bearer client-key' }
}
