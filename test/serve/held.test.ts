import { gzipSync } from 'node:zlib'
import {
  type Attempt,
  type AttemptOutcome,
  definePlugin,
  type FailedTry,
  GatewayError,
  type Plan,
  type Reply,
  retryAfter,
} from 'lunaroute'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { answerWell, playing, sideOf } from '../resilience/faults.ts'
import { SIDES, understand } from '../resilience/sides.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { headerOf } from '../support/http-message.ts'
import { send } from '../support/raw-client.ts'
import { pause, until } from '../support/until.ts'
import { type Script, startUpstream, type Upstream } from '../support/upstream.ts'
import { ANSWERS } from '../translation/provider-answers.ts'

const [chat] = SIDES
const STREAM = { 'content-type': 'text/event-stream' }
let upstream: Upstream
let gateway: RunningGateway
let plan: Plan
/** What the next egress answers in a provider's stead. */
let reply: Reply | undefined
let outcomes: AttemptOutcome[] = []
let answered = 0

beforeAll(async () => {
  upstream = await startUpstream(() => {})
  const rules = definePlugin({
    name: 'rules',
    setup: () => ({
      ingress: exchange =>
        exchange.observe({
          attemptEnded: outcome => void outcomes.push(outcome),
          attemptAnswered: () => void answered++,
        }),
      route: () => plan,
      egress: attempt => (reply && attempt.model === 'replied' ? { ...attempt, reply } : undefined),
    }),
  })
  gateway = await startGateway({
    extends: ['passthrough'],
    plugins: [rules()],
    providers: {
      openai: { base_url: `${upstream.url}/v1`, api_key: 'k' },
      anthropic: { base_url: upstream.url, api_key: 'k' },
      gemini: { base_url: upstream.url, api_key: 'k' },
    },
  })
})
afterAll(async () => {
  await gateway?.close()
  await upstream?.close()
})
beforeEach(() => {
  outcomes = []
  answered = 0
  reply = undefined
  upstream.requests.length = 0
  plan = [attempt({ fallbackOn: [503] }), attempt({ model: 'backup' })]
})

const attempt = (more: Partial<Attempt> = {}): Attempt => ({
  provider: 'openai',
  headers: {},
  hold: {},
  retry: { limit: 0, on: [], delay: 0 },
  ...more,
})
const ask = (isStream = true) => send(gateway.port, chat!.request('m', isStream))

/** The first provider's answer; the second answers well. */
function first(script: Script): void {
  upstream.script = async (request, wire) => {
    await request.complete
    const side = sideOf(request, wire)
    await (side.model === 'm' ? script(request, wire) : answerWell(side))
  }
}

function says(body: string | Uint8Array, headers: Readonly<Record<string, string>> = STREAM): Script {
  return (_, wire) => wire.answer({ headers: Object.entries(headers), framing: 'chunked', pieces: [Buffer.from(body)] })
}

describe('a held response', () => {
  it('comes byte for byte as it was sent, once it has said something', async () => {
    const text = `: hello\n\n${ANSWERS['openai-chat'].stream.join('')}`
    first(says(text))
    const response = await ask()
    expect(response.body.toString()).toBe(text)
    expect([outcomes.length, answered]).toEqual([1, 1])
  })

  it('goes out at its first words, and not at its end', async () => {
    const stream = ANSWERS['openai-chat'].stream
    let isRead = false
    first(async (_, wire) => {
      await wire.head(200, [
        ['content-type', 'text/event-stream'],
        ['transfer-encoding', 'chunked'],
      ])
      await wire.chunk(stream[0]!)
      await wire.chunk(stream[1]!)
      await until(() => isRead, 'the client has read the first words')
      for (const event of stream.slice(2)) await wire.chunk(event)
      await wire.endChunks()
    })
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: chat!.request('m', true).body as string,
    })
    const reader = response.body!.getReader()
    const { value } = await reader.read()
    isRead = true
    expect(Buffer.from(value!).toString()).toContain('Hel')
    while (!(await reader.read()).done);
  })

  it('that is whole though a stream was asked for is an answer', async () => {
    first(says(JSON.stringify(ANSWERS['openai-chat'].text), { 'content-type': 'application/json' }))
    expect(understand(chat!, await ask())).toMatchObject({ status: 200, text: 'Hello.' })
    expect(upstream.requests).toHaveLength(1)
  })

  it('that is an event stream though a whole answer was asked for is one too', async () => {
    first(says(ANSWERS['openai-chat'].stream.join('')))
    expect(understand(chat!, await ask(false))).toMatchObject({ status: 200, text: 'Hello.' })
    expect(upstream.requests).toHaveLength(1)
  })

  it('that ends without a word, and properly, is an answer', async () => {
    const [start, , , ...end] = ANSWERS['openai-chat'].stream
    first(says([start, ...end].join('')))
    expect(understand(chat!, await ask())).toMatchObject({ status: 200, text: '', isFailure: false })
    expect(upstream.requests).toHaveLength(1)
  })

  it('that goes on and on without a word is let through in the end', async () => {
    const comment = `: ${'x'.repeat(100_000)}\n\n`
    first(says(comment.repeat(12) + ANSWERS['openai-chat'].stream.join('')))
    const response = await ask()
    expect(response.body.length).toBeGreaterThan(1_200_000)
    expect(upstream.requests).toHaveLength(1)
  })

  it.each([
    ['an empty body', ''],
    ['nothing but comments', ': a\n\n: b\n\n'],
    ['a beginning without an end', ANSWERS['openai-chat'].stream[0]!],
  ])('of %s is a failure', async (_, body) => {
    first(says(body))
    expect(understand(chat!, await ask())).toMatchObject({ status: 200, text: 'Hello.' })
    expect(outcomes.map(({ failure }) => failure)).toEqual(['cut', undefined])
  })

  it.each(['text/html', 'text/plain; charset=utf-8', ''])('of the type "%s" is a failure', async type => {
    first(says('<html>please sign in</html>', type ? { 'content-type': type } : {}))
    expect(understand(chat!, await ask())).toMatchObject({ status: 200, text: 'Hello.' })
    expect(outcomes.map(({ failure }) => failure)).toEqual(['protocol', undefined])
  })

  it('of a type in capitals is no failure', async () => {
    first(says(ANSWERS['openai-chat'].stream.join(''), { 'Content-Type': 'Text/Event-Stream' }))
    await ask()
    expect(upstream.requests).toHaveLength(1)
  })

  it.each([204, 304])('of status %i and no body is no answer', async status => {
    first((_, wire) => wire.answer({ status, framing: 'none' }))
    expect(understand(chat!, await ask(false))).toMatchObject({ status: 200, text: 'Hello.' })
    expect(outcomes.map(({ failure }) => failure)).toEqual([status === 204 ? 'protocol' : undefined, undefined])
  })

  it.each([true, false])('that is a text in the place of an error is one (stream: %s)', async isStream => {
    plan = [attempt({ fallbackOn: [500] }), attempt({ model: 'backup' })]
    first(says('{"error":"the model is overloaded"}', { 'content-type': 'application/json' }))
    expect(understand(chat!, await ask(isStream))).toMatchObject({ status: 200, text: 'Hello.' })
    expect(outcomes[0]).toMatchObject({ status: 200, toldStatus: 500 })
  })

  it('that is an answer with an empty error beside it is one', async () => {
    const body = JSON.stringify({ ...ANSWERS['openai-chat'].text, error: '' })
    first(says(body, { 'content-type': 'application/json' }))
    expect((await ask(false)).body.toString()).toBe(body)
  })

  it('tells with its error when the provider can be asked again', async () => {
    const waits: (number | undefined)[] = []
    const wait = ({ head }: FailedTry) => {
      waits.push(head && retryAfter(head))
      return undefined
    }
    plan = [attempt({ provider: 'gemini', retry: { limit: 1, on: [], delay: 0, wait } })]
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '3.5s' }]
    const error = { error: { code: 429, message: 'slow down', status: 'RESOURCE_EXHAUSTED', details } }
    first(says(`data: ${JSON.stringify(error)}\n\n`))
    const response = await send(gateway.port, SIDES[3]!.request('m', true))
    expect([response.status, headerOf(response.headers, 'retry-after'), waits]).toEqual([429, '4', [3500]])
  })

  describe.each(SIDES)('of $name that breaks off after its first words', side => {
    const events = ANSWERS[side.name].stream
    const beginning = events.slice(0, events.findIndex(event => event.includes('Hel')) + 1).join('')
    const provider = side.name.startsWith('openai') ? 'openai' : side.name === 'gemini' ? 'gemini' : 'anthropic'
    const played = async (piece: string) => {
      plan = [attempt({ provider }), attempt({ provider, model: 'backup' })]
      first(async (_, wire) => {
        await wire.head(200, [
          ['content-type', 'text/event-stream'],
          ['transfer-encoding', 'chunked'],
        ])
        await wire.chunk(beginning + piece)
        await pause(20)
        wire.reset()
      })
      return send(gateway.port, side.request('m', true))
    }

    it('says so between two events', async () => {
      const response = await played('')
      const body = response.body.toString()
      expect([body.startsWith(beginning), body.includes('LR_UPSTREAM_CUT'), response.ending]).toEqual([
        true,
        true,
        'cut',
      ])
      expect(upstream.requests).toHaveLength(1)
    })

    it('says nothing in the middle of an event', async () => {
      const response = await played('data: {"half')
      expect([response.body.toString(), response.ending]).toEqual([`${beginning}data: {"half`, 'cut'])
    })
  })

  it('of something else is the client’s to read where nobody takes over', async () => {
    plan = [attempt()]
    first(says('<html>please sign in</html>', { 'content-type': 'text/html' }))
    const response = await ask()
    expect([response.status, response.body.toString()]).toEqual([200, '<html>please sign in</html>'])
  })

  it('that is coded is passed on: nobody asked for it, and nobody can read it', async () => {
    first(says(gzipSync('anything'), { ...STREAM, 'content-encoding': 'gzip' }))
    const response = await ask()
    expect(response.body).toEqual(gzipSync('anything'))
  })

  it('tells of its error with the status that belongs to it', async () => {
    plan = [attempt()]
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    plan = [attempt({ provider: 'anthropic' })]
    first(says(`event: error\ndata: ${JSON.stringify(error)}\n\n`))
    const response = await send(gateway.port, SIDES[2]!.request('m', true))
    expect(response.status).toBe(529)
    expect(JSON.parse(response.body.toString())).toMatchObject(error)
    expect(headerOf(response.headers, 'x-lunaroute-error-source')).toBe('upstream')
    expect(outcomes).toMatchObject([{ status: 200, toldStatus: 529, failure: undefined }])
    expect(answered).toBe(0)
  })

  it('does not take long thinking for silence', async () => {
    plan = [attempt({ provider: 'anthropic', hold: { firstContent: 150 } })]
    const stream = ANSWERS['anthropic-messages'].tools
    upstream.script = async (request, wire) => {
      await request.complete
      await wire.head(200, [
        ['content-type', 'text/event-stream'],
        ['transfer-encoding', 'chunked'],
      ])
      for (const event of stream) {
        await wire.chunk(event)
        await pause(40)
      }
      await wire.endChunks()
    }
    const response = await send(gateway.port, SIDES[2]!.request('m', true))
    expect([response.status, response.ending]).toEqual([200, 'chunked'])
  })

  it('is not asked of what generates nothing', async () => {
    upstream.script = async (request, wire) => {
      await request.complete
      await wire.answer({ headers: [['content-type', 'text/plain']], body: 'no models' })
    }
    const response = await send(gateway.port, { method: 'GET', target: '/v1/models' })
    expect([response.status, response.body.toString()]).toEqual([200, 'no models'])
    expect(upstream.requests).toHaveLength(1)
  })
})

describe('a reader that was told to wait', () => {
  const patient = { keepAliveAfter: 20 }
  const slow = async (script: Script): Promise<void> =>
    first(async (request, wire) => {
      await pause(80)
      await script(request, wire)
    })

  it('gets an answer that is not a provider’s, and nothing in the middle of it', async () => {
    plan = [attempt({ hold: patient, fallbackOn: [503] }), attempt({ model: 'replied' })]
    const pieces = async function* () {
      for (const event of ANSWERS['openai-chat'].stream) {
        await pause(40)
        yield event
      }
    }
    reply = { status: 200, headers: { 'content-type': 'text/event-stream' }, body: pieces() }
    await slow((_, wire) => wire.answer({ status: 503 }))
    const response = await ask()
    const text = response.body.toString()
    expect(text.slice(text.indexOf('data:'))).toBe(ANSWERS['openai-chat'].stream.join(''))
    expect(text.indexOf('data:')).toBeGreaterThan(0)
  })

  it('is told of a coded answer, which cannot follow', async () => {
    plan = [attempt({ hold: patient })]
    await slow(says(gzipSync('anything'), { ...STREAM, 'content-encoding': 'gzip' }))
    const got = understand(chat!, await ask())
    expect(got).toMatchObject({ status: 200, isFailure: true, problems: [] })
  })

  it('is told of an HTML page, which cannot follow', async () => {
    plan = [attempt({ hold: patient })]
    await slow(says('<html>sign in</html>', { 'content-type': 'text/html' }))
    const got = understand(chat!, await ask())
    expect(got).toMatchObject({ status: 200, isFailure: true, problems: [] })
  })

  it('is told of an answer that came whole, which cannot follow', async () => {
    plan = [attempt({ hold: patient })]
    await slow(says(JSON.stringify(ANSWERS['openai-chat'].text), { 'content-type': 'application/json' }))
    const got = understand(chat!, await ask())
    expect(got).toMatchObject({ status: 200, isFailure: true, problems: [] })
  })

  it('of an array gets an array, with an answer and with an error', async () => {
    plan = [attempt({ provider: 'gemini', hold: patient })]
    const target = '/v1beta/models/m:streamGenerateContent'
    const request = { ...SIDES[3]!.request('m', true), target }
    const array = `[${ANSWERS.gemini.stream.map(event => event.replace('data: ', '').trim()).join(',\r\n')}]`
    await slow(says(array, { 'content-type': 'application/json' }))
    const good = await send(gateway.port, request)
    expect(good.body.toString().trimStart()).toBe(array)
    expect(good.body.toString()).toMatch(/^\n/)
    await slow((_, wire) => wire.answer({ status: 503, body: JSON.stringify(ANSWERS.gemini.error) }))
    const bad = JSON.parse((await send(gateway.port, request)).body.toString()) as unknown[]
    expect(bad).toMatchObject([{ error: { message: 'slow down' } }])
  })

  it('is not told to wait where the answer is to be whole', async () => {
    plan = [attempt({ hold: patient })]
    await slow((_, wire) => wire.answer({ status: 503, body: '{}' }))
    const response = await ask(false)
    expect([response.status, response.body.toString()]).toEqual([503, '{}'])
  })

  it('leaves nothing running when it goes', async () => {
    plan = [attempt({ hold: patient })]
    first(async request => void (await request.aborted))
    const controller = new AbortController()
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: chat!.request('m', true).body as string,
      signal: controller.signal,
    })
    expect(response.status).toBe(200)
    controller.abort()
    await upstream.requests[0]!.aborted
  })
})

describe('a gate', () => {
  const closed = () => new GatewayError('TEST_CLOSED', 503, 'the gate of this test is closed')

  it('that is closed passes the attempt over', async () => {
    plan = [attempt({ gates: [closed] }), attempt({ model: 'backup' })]
    first(says(''))
    expect(understand(chat!, await ask())).toMatchObject({ text: 'Hello.' })
    expect(upstream.requests).toHaveLength(1)
    expect(outcomes).toHaveLength(1)
  })

  it('that is closed before the last attempt is the client’s answer', async () => {
    plan = [attempt({ gates: [() => undefined, closed] })]
    const response = await ask()
    expect([response.status, response.body.toString()]).toEqual([503, expect.stringContaining('TEST_CLOSED')])
    expect(upstream.requests).toHaveLength(0)
  })

  it('before the fallback keeps the provider’s answer for the client, as it came', async () => {
    plan = [attempt({ fallbackOn: [503] }), attempt({ model: 'backup', gates: [closed] })]
    first((_, wire) => wire.answer({ status: 503, headers: [['x-own', 'kept']], body: 'busy' }))
    const response = await ask()
    expect([response.status, response.body.toString(), headerOf(response.headers, 'x-own')]).toEqual([
      503,
      'busy',
      'kept',
    ])
  })

  it('that closes during the pause before a retry says less than the failure before it', async () => {
    let asked = 0
    const closing = () => (++asked > 2 ? closed() : undefined)
    plan = [attempt({ gates: [closing], retry: { limit: 1, on: [429], delay: 20 } })]
    first((_, wire) => wire.answer({ status: 429, headers: [['retry-after', '3']], body: '{}' }))
    const response = await ask()
    expect([response.status, headerOf(response.headers, 'retry-after')]).toEqual([429, '3'])
    expect(upstream.requests).toHaveLength(1)
  })
})

it('what is retried keeps its own count for each attempt of the plan', async () => {
  const retry = { limit: 2, on: [503] as const, delay: 1 }
  plan = [attempt({ retry, fallbackOn: [503] }), attempt({ model: 'second', retry, fallbackOn: [503] })]
  upstream.script = playing(({ wire }) => wire.answer({ status: 503, body: '{}' }))
  expect((await ask()).status).toBe(503)
  const models = upstream.requests.map(request => (JSON.parse(request.body().toString()) as { model: string }).model)
  expect(models).toEqual(['m', 'm', 'm', 'second', 'second', 'second'])
  expect(outcomes.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6])
})
