import { createServer } from 'node:net'
import type { Plan, Timeouts } from 'lunaroute'
import { harness } from 'lunaroute/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dialect, sampleRequest } from '../../test/support/dialects.ts'
import { refusalProblems } from '../../test/support/envelope.ts'
import { listenOnFreePort } from '../../test/support/listen.ts'
import { send } from '../../test/support/raw-client.ts'
import { startRig } from '../../test/support/roundtrip.ts'
import type { Script } from '../../test/support/upstream.ts'
import anthropic from '../anthropic/index.ts'
import openai from '../openai/index.ts'
import timeouts, { type TimeoutsOptions } from './index.ts'

const chat = dialect('openai-chat')
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'

async function limitsOf(
  options: Partial<TimeoutsOptions>,
  attempt: { provider?: string; model?: string; timeouts?: Timeouts } = {},
  body: object = { model: 'gpt-5', stream: true },
): Promise<Timeouts | undefined> {
  const h = await harness(openai(), anthropic(), timeouts(options))
  onTestFinished(() => h.close())
  const plan: Plan = [{ provider: 'openai', headers: {}, ...attempt }]
  const [first] = await h.route(plan, h.request(body))
  return first!.timeouts
}

describe('which limit counts', () => {
  it('the attempt’s own, then the model’s, the provider’s and the general one, each by itself', async () => {
    const options = {
      connect_ms: 1,
      first_byte_ms: 1,
      idle_ms: 1,
      total_ms: 1,
      providers: { openai: { first_byte_ms: 2, idle_ms: 2, total_ms: 2 }, anthropic: { first_byte_ms: 9 } },
      models: { 'gpt-*': { idle_ms: 3, total_ms: 3 }, '*': { idle_ms: 8 } },
    }
    expect(await limitsOf(options, { timeouts: { total: 4 } })).toEqual({ connect: 1, headers: 2, idle: 3, total: 4 })
    expect(await limitsOf(options, { provider: 'anthropic', model: 'x' })).toMatchObject({ headers: 9, idle: 8 })
  })

  it('a whole answer has a limit of its own for its head', async () => {
    const options = { first_byte_ms: 10, answer_ms: 20 }
    expect(await limitsOf(options)).toEqual({ headers: 10 })
    expect(await limitsOf(options, {}, { model: 'gpt-5' })).toEqual({ headers: 20 })
  })

  it('what nobody says is the provider’s', async () => {
    expect(await limitsOf({})).toEqual({})
  })

  it('a provider that nobody configured is refused, with what was meant', async () => {
    const built = harness(openai(), timeouts({ providers: { opnai: {} } }))
    await expect(built).rejects.toThrow('no provider is called "opnai" (did you mean "openai"?)')
  })
})

describe('a limit that is reached', () => {
  async function refusal(options: Partial<TimeoutsOptions>, script: Script, isStream: boolean) {
    const rig = await startRig({ plugins: [timeouts(options)] })
    onTestFinished(() => rig.close())
    rig.upstream.script = script
    const before = performance.now()
    const response = await send(rig.gateway.port, sampleRequest(chat, isStream))
    return { response, took: performance.now() - before, request: rig.upstream.requests[0]! }
  }
  const silent: Script = async request => void (await request.aborted)

  it.each([
    ['first_byte_ms', true],
    ['answer_ms', false],
    ['total_ms', true],
    ['total_ms', false],
  ] as const)('%s before the answer (stream: %s) is a 504, and the provider is let go', async (name, isStream) => {
    const { response, took, request } = await refusal({ [name]: 100 }, silent, isStream)
    expect(refusalProblems(response, chat, 504)).toEqual([])
    expect(took).toBeGreaterThan(90)
    await request.aborted
  })

  it.each(['idle_ms', 'total_ms'])('%s in the middle of an answer breaks it off', async name => {
    const { response, request } = await refusal(
      { [name]: 100 },
      async (received, wire) => {
        await received.complete
        await wire.write(HEAD)
        await wire.chunk(chat.events[0]!)
        await received.aborted
      },
      true,
    )
    expect([response.status, response.ending]).toEqual([200, 'cut'])
    await request.aborted
  })

  it('does not count while an answer goes on', async () => {
    const { response } = await refusal(
      { idle_ms: 150, first_byte_ms: 150 },
      async (received, wire) => {
        await received.complete
        await wire.write(HEAD)
        for (let n = 0; n < 6; n++) {
          await wire.chunk(chat.events[1]!)
          await new Promise(resolve => setTimeout(resolve, 40))
        }
        await wire.endChunks()
      },
      true,
    )
    expect([response.status, response.ending]).toEqual([200, 'chunked'])
  })
})

describe('a provider whose connection does not come about', () => {
  // It accepts the connection and never answers the first word of TLS.
  async function mute() {
    const sockets = new Set<{ destroy(): void }>()
    let heard = 0
    const server = createServer(socket => {
      sockets.add(socket)
      socket.on('data', () => heard++).on('error', () => {})
    })
    const port = await listenOnFreePort(server)
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return { url: `https://127.0.0.1:${port}/v1`, heard: () => heard }
  }

  it.each(['connect_ms', 'total_ms'])('is given up after %s, with one answer', async name => {
    const { url } = await mute()
    const rig = await startRig({
      providers: { openai: { base_url: url, api_key: 'k' } },
      http_client: { max_retries: 0 },
      plugins: [timeouts({ [name]: 100 })],
    })
    onTestFinished(() => rig.close())
    const response = await send(rig.gateway.port, sampleRequest(chat, true))
    expect(refusalProblems(response, chat, name === 'connect_ms' ? 502 : 504)).toEqual([])
  })
})
