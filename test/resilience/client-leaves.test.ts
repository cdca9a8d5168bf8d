import { definePlugin } from 'lunaroute'
import { afterAll, beforeAll, expect, test } from 'vitest'
import fallback from '../../plugins/fallback/index.ts'
import retry from '../../plugins/retry/index.ts'
import translatePreset from '../../presets/translate.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { RawConnection } from '../support/raw-client.ts'
import { pause, until } from '../support/until.ts'
import { type ReceivedRequest, startUpstream, type Upstream } from '../support/upstream.ts'
import { answerWell, beginning, type ProviderSide, sideOf } from './faults.ts'
import { SIDES, type Side } from './sides.ts'

/** Milliseconds within which a client that leaves is felt upstream. */
const LIMIT = 100
const HOW = ['close', 'reset'] as const

let upstream: Upstream
let gateway: RunningGateway
let patient: RunningGateway
/** When each exchange was over, by `performance.now()`. */
const ended: number[] = []
const delays = new Map<string, number[]>()

beforeAll(async () => {
  upstream = await startUpstream(() => {})
  const watch = definePlugin({
    name: 'watch',
    setup: () => ({
      route: (plan, request) => {
        const others = SIDES.filter(({ name }) => name !== request!.dialect.name)
        const [first] = plan
        return [first!, ...others.slice(0, 1).map(({ name }) => ({ provider: `at-${name}`, headers: {} }))]
      },
      record: () => {
        ended.push(performance.now())
      },
    }),
  })
  const providers = Object.fromEntries(
    SIDES.map(({ name: dialect }) => {
      const url = dialect.startsWith('openai') ? `${upstream.url}/v1` : upstream.url
      return [`at-${dialect}`, { dialect, base_url: url, api_key: 'key' }]
    }),
  )
  const own = Object.fromEntries(['openai', 'anthropic', 'gemini'].map(name => [name, { enabled: false }]))
  const config = (keepAlive: number) => ({
    extends: [translatePreset],
    plugins: [
      watch(),
      fallback({ keep_alive_after_ms: keepAlive }),
      retry({ delay_ms: 60_000, max_delay_ms: 60_000, budget_min_per_second: 1000, on: [503] }),
    ],
    providers: { ...own, ...providers },
  })
  gateway = await startGateway(config(0))
  patient = await startGateway(config(20))
})
afterAll(async () => {
  for (const [point, list] of delays) {
    const sorted = list.toSorted((a, b) => a - b)
    const at = (share: number): string => (sorted[Math.ceil(share * sorted.length) - 1] ?? 0).toFixed(1)
    console.log(`a client that leaves ${point}: ${list.length} times, felt after p50 ${at(0.5)}, max ${at(1)} ms`)
  }
  await Promise.all([gateway?.close(), patient?.close(), upstream?.close()])
})

interface Point {
  readonly isStream: boolean
  /** Plays the provider to where the client leaves; true where it has answered and another one is asked. */
  readonly play: (side: ProviderSide) => Promise<boolean | void>
  /** What the client waits for. */
  readonly seen?: string
  /** Whether keep-alives go out meanwhile. */
  readonly isPatient?: boolean
}

const POINTS: Readonly<Record<string, Point>> = {
  'before the headers': { isStream: true, play: async () => {} },
  'before the first words': { isStream: true, play: side => beginning(side, false) },
  'before the first words, told to wait': {
    isStream: true,
    isPatient: true,
    play: side => beginning(side, false),
    seen: '\n',
  },
  'in the middle of a stream': { isStream: true, play: side => beginning(side, true), seen: 'Pri' },
  'while it waits for a whole answer': { isStream: false, play: async () => {} },
  'while a whole answer is held back': { isStream: false, play: side => beginning(side, true) },
  'while another provider has taken over': {
    isStream: true,
    play: async side => {
      if (upstream.requests.length > 1) return beginning(side, false)
      await side.wire.answer({ status: 500, body: '{}' })
      return true
    },
  },
}

for (const [point, { isStream, play, seen, isPatient }] of Object.entries(POINTS)) {
  test(`the provider sees within ${LIMIT} ms that the client left ${point}`, async () => {
    for (const side of SIDES) {
      for (const how of HOW) {
        upstream.requests.length = 0
        let reached: (request: ReceivedRequest) => void
        const there = new Promise<ReceivedRequest>(resolve => (reached = resolve))
        upstream.script = async (request, wire) => {
          await request.complete
          if (await play(sideOf(request, wire))) return
          reached(request)
          await request.aborted
        }
        const connection = await RawConnection.open(isPatient ? patient.port : gateway.port)
        const pending = connection.begin(side.request('m', isStream))
        let text = ''
        const enough = new Promise<void>(resolve => {
          pending.onBody = bytes => {
            text += bytes
            if (seen && text.includes(seen)) resolve()
          }
        })
        const request = await there
        if (seen) await enough
        const left = connection.abort(how)
        note(point, (await request.aborted) - left, `${side.name}, ${how}`)
      }
    }
  })
}

test(`an exchange is over within ${LIMIT} ms when its client leaves during the pause before a retry`, async () => {
  for (const side of SIDES) for (const how of HOW) await leaveInPause(side, how)
})

async function leaveInPause(side: Side, how: (typeof HOW)[number]): Promise<void> {
  upstream.requests.length = 0
  ended.length = 0
  let refused = 0
  upstream.script = async (request, wire) => {
    await request.complete
    await wire.answer({ status: 503, headers: [['content-type', 'application/json']], body: '{}' })
    refused++
  }
  const connection = await RawConnection.open(gateway.port)
  connection.begin(side.request('m', true))
  await until(() => refused > 0, 'the provider has refused')
  await pause(20)
  const left = connection.abort(how)
  await until(() => ended.length > 0, 'the exchange is over')
  note('during the pause before a retry', ended[0]! - left, `${side.name}, ${how}`)
  expect(upstream.requests).toHaveLength(1)
}

test('nothing is left behind', async () => {
  await until(() => upstream.connections().busy === 0, 'no answer goes on without a client')
  upstream.script = (request, wire) => request.complete.then(() => answerWell(sideOf(request, wire)))
  const connection = await RawConnection.open(gateway.port)
  const response = await connection.request(SIDES[0]!.request('m', true))
  connection.close()
  expect([response.status, response.ending]).toEqual([200, 'chunked'])
})

function note(point: string, delay: number, what: string): void {
  const list = delays.get(point) ?? []
  delays.set(point, [...list, delay])
  expect(delay, what).toBeLessThan(LIMIT)
}
