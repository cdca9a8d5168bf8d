import type { DialectName } from '../support/dialects.ts'
import type { HeaderLine } from '../support/http-message.ts'
import type { ReceivedRequest, Script } from '../support/upstream.ts'
import type { Wire } from '../support/wire.ts'
import { ANSWERS } from '../translation/provider-answers.ts'

/** One way for a provider to fail. */
export interface Fault {
  readonly name: string
  /** Whether it strikes after the first words of a stream have been passed on. */
  readonly isLate?: boolean
  /** The status a client gets where nobody takes over; of a stream, before anything has been passed on. */
  readonly status: number
  readonly retryAfter?: string
  /** It is no answer, but no error either: where nobody takes over the client gets it as it came. */
  readonly isNothing?: boolean
  /** It is not of the dialect: the same provider is not asked again. */
  readonly isForeign?: boolean
  /** Which of the faulty providers has it: one where nobody listens, one whose patience is tested, or any. */
  readonly at: 'dead' | 'stalling' | 'faulty'
  readonly play: (provider: ProviderSide) => Promise<void>
}

/** A provider as it is about to answer one request. */
export interface ProviderSide {
  readonly dialect: DialectName
  readonly isStream: boolean
  readonly request: ReceivedRequest
  readonly wire: Wire
}

const STREAM: readonly HeaderLine[] = [
  ['content-type', 'text/event-stream'],
  ['transfer-encoding', 'chunked'],
]

export const FAULTS: readonly Fault[] = [
  { name: 'refuses the connection', at: 'dead', status: 502, play: async () => {} },
  { name: 'resets the connection', at: 'faulty', status: 502, play: async ({ wire }) => wire.reset() },
  {
    name: 'stalls before its headers',
    at: 'stalling',
    status: 504,
    play: async ({ request }) => void (await request.aborted),
  },
  {
    name: 'stalls before its first words',
    at: 'stalling',
    status: 504,
    play: async side => {
      await beginning(side, false)
      await side.request.aborted
    },
  },
  {
    name: 'stalls in the middle',
    at: 'stalling',
    status: 504,
    isLate: true,
    play: async side => {
      await beginning(side, true)
      await side.request.aborted
    },
  },
  refusal(429, { 'retry-after': '31' }),
  refusal(429),
  refusal(500),
  refusal(503),
  refusal(529),
  {
    name: 'tells of an error inside a 200',
    at: 'faulty',
    status: 503,
    play: async ({ dialect, isStream, wire }) => {
      const body = errorBody(dialect, 503)
      if (!isStream) return wire.answer({ headers: [['content-type', 'application/json']], body: JSON.stringify(body) })
      const events = eventsOf(dialect).slice(0, firstWords(dialect))
      await wire.head(200, STREAM)
      for (const event of events) await wire.chunk(event)
      await wire.chunk(errorEvent(dialect, body, events.length))
      await wire.endChunks()
    },
  },
  {
    name: 'tells of an error after its first words',
    at: 'faulty',
    status: 502,
    isLate: true,
    play: async side => {
      await beginning(side, true)
      if (side.isStream) {
        const { dialect, wire } = side
        await wire.chunk(errorEvent(dialect, errorBody(dialect, 503), firstWords(dialect) + 1))
        await wire.endChunks()
      } else side.wire.close()
    },
  },
  {
    name: 'is cut before its first words',
    at: 'faulty',
    status: 502,
    play: async side => {
      await beginning(side, false)
      side.wire.close()
    },
  },
  {
    name: 'is cut after its first words',
    at: 'faulty',
    status: 502,
    isLate: true,
    play: async side => {
      await beginning(side, true)
      side.wire.reset()
    },
  },
  nothing('answers with an empty body', ({ isStream, wire }) =>
    wire.answer({ headers: [['content-type', isStream ? 'text/event-stream' : 'application/json']], body: '' }),
  ),
  foreign('answers with a page', 'text/html', '<html>sign in</html>'),
  foreign('answers with half of a JSON text', 'application/json', '{"id":"x","usage":{'),
  nothing('answers with comments alone', async ({ isStream, wire }) => {
    if (!isStream) return wire.answer({ headers: [['content-type', 'application/json']], body: '' })
    await wire.head(200, STREAM)
    for (let i = 0; i < 3; i++) await wire.chunk(': still there\n\n')
    await wire.endChunks()
  }),
  nothing('ends its stream before its first words', async side => {
    if (!side.isStream) return side.wire.answer({ headers: [['content-type', 'application/json']], body: '' })
    await beginning(side, false)
    await side.wire.endChunks()
  }),
]

/** The head and what comes before the first words of an answer, or those too. They are not those of a good answer. */
export async function beginning({ dialect, isStream, wire }: ProviderSide, hasWords: boolean): Promise<void> {
  if (!isStream) {
    const body = JSON.stringify(ANSWERS[dialect].text).replace('Hello.', 'Primary.')
    await wire.head(200, [
      ['content-type', 'application/json'],
      ['content-length', String(body.length)],
    ])
    await wire.write(body.slice(0, hasWords ? body.indexOf('Primary') + 3 : 2))
    return
  }
  await wire.head(200, STREAM)
  for (const event of eventsOf(dialect).slice(0, firstWords(dialect) + (hasWords ? 1 : 0))) {
    await wire.chunk(event.replace('Hel', 'Pri'))
  }
}

/** A whole and proper answer. */
export async function answerWell({ dialect, isStream, wire }: ProviderSide): Promise<void> {
  const { text } = ANSWERS[dialect]
  if (!isStream) return wire.answer({ headers: [['content-type', 'application/json']], body: JSON.stringify(text) })
  await wire.head(200, STREAM)
  for (const event of eventsOf(dialect)) await wire.chunk(event)
  await wire.endChunks()
}

/** How a request stands to its provider, by its path and body. */
export function sideOf(request: ReceivedRequest, wire: Wire): ProviderSide & { readonly model: string } {
  const { target } = request
  const body = JSON.parse(request.body().toString()) as { model?: string; stream?: boolean }
  const gemini = /\/models\/([^:]+):(\w+)/.exec(target)
  if (gemini) {
    const isStream = gemini[2] === 'streamGenerateContent'
    return { dialect: 'gemini', isStream, model: decodeURIComponent(gemini[1]!), request, wire }
  }
  const dialect = target.includes('/messages')
    ? 'anthropic-messages'
    : target.includes('/responses')
      ? 'openai-responses'
      : 'openai-chat'
  return { dialect, isStream: body.stream === true, model: body.model ?? '', request, wire }
}

/** Plays each request by what it asks for. */
export function playing(play: (side: ReturnType<typeof sideOf>) => Promise<void>): Script {
  return async (request, wire) => {
    await request.complete
    await play(sideOf(request, wire))
  }
}

function eventsOf(dialect: DialectName): readonly string[] {
  // The real service sends this field with each delta.
  const whole = '"type":"response.output_text.delta","logprobs":[]'
  return ANSWERS[dialect].stream.map(event => event.replace('"type":"response.output_text.delta"', whole))
}

function firstWords(dialect: DialectName): number {
  return eventsOf(dialect).findIndex(event => event.includes('Hel'))
}

function nothing(name: string, play: Fault['play']): Fault {
  return { name, at: 'faulty', status: 502, play }
}

function foreign(name: string, type: string, body: string): Fault {
  return {
    ...nothing(name, ({ wire }) => wire.answer({ headers: [['content-type', type]], body })),
    isNothing: true,
    isForeign: true,
  }
}

function refusal(status: number, headers: Readonly<Record<string, string>> = {}): Fault {
  return {
    at: 'faulty',
    name: `answers with ${status}${headers['retry-after'] ? ' and retry-after' : ''}`,
    status,
    ...(headers['retry-after'] && { retryAfter: headers['retry-after'] }),
    play: ({ dialect, wire }) =>
      wire.answer({
        status,
        headers: [['content-type', 'application/json'], ...Object.entries(headers)],
        body: JSON.stringify(errorBody(dialect, status)),
      }),
  }
}

const WORDS: Readonly<Record<number, readonly [openai: string, anthropic: string, google: string]>> = {
  429: ['rate_limit_error', 'rate_limit_error', 'RESOURCE_EXHAUSTED'],
  500: ['server_error', 'api_error', 'INTERNAL'],
  503: ['server_error', 'overloaded_error', 'UNAVAILABLE'],
  529: ['server_error', 'overloaded_error', 'UNAVAILABLE'],
}

function errorBody(dialect: DialectName, status: number): object {
  const [openai, anthropic, google] = WORDS[status]!
  const message = 'the primary is in trouble'
  if (dialect === 'anthropic-messages') return { type: 'error', error: { type: anthropic, message } }
  if (dialect === 'gemini') return { error: { code: status, message, status: google } }
  return { error: { message, type: openai, param: null, code: null } }
}

function errorEvent(dialect: DialectName, body: object, number: number): string {
  if (dialect === 'anthropic-messages') return `event: error\ndata: ${JSON.stringify(body)}\n\n`
  if (dialect !== 'openai-responses') return `data: ${JSON.stringify(body)}\n\n`
  const event = { type: 'error', code: 'server_error', message: 'the primary is in trouble', param: null }
  return `event: error\ndata: ${JSON.stringify({ ...event, sequence_number: number })}\n\n`
}
