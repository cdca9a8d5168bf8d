import { type Attempt, type AttemptOutcome, definePlugin, type FailedTry, type Plan, retryAfter } from 'lunaroute'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { answerWell, sideOf } from '../resilience/faults.ts'
import { SIDES, understand } from '../resilience/sides.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { send } from '../support/raw-client.ts'
import { type Script, startUpstream, type Upstream } from '../support/upstream.ts'

const gemini = SIDES.find(each => each.name === 'gemini')!
/** As Gemini words it, who says in no header when to come again. */
const REFUSAL = JSON.stringify({
  error: {
    code: 429,
    message: 'You exceeded your current quota.',
    status: 'RESOURCE_EXHAUSTED',
    details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.5s' }],
  },
})
let upstream: Upstream
let gateway: RunningGateway
let plan: Plan
let outcomes: AttemptOutcome[] = []
let failed: FailedTry[] = []

beforeAll(async () => {
  upstream = await startUpstream(() => {})
  const rules = definePlugin({
    name: 'rules',
    setup: () => ({
      ingress: exchange => exchange.observe({ attemptEnded: outcome => void outcomes.push(outcome) }),
      route: () => plan,
    }),
  })
  gateway = await startGateway({
    extends: ['passthrough'],
    plugins: [rules()],
    providers: { gemini: { base_url: upstream.url, api_key: 'k' } },
  })
})
afterAll(async () => {
  await gateway?.close()
  await upstream?.close()
})
beforeEach(() => {
  outcomes = []
  failed = []
  upstream.requests.length = 0
  plan = [attempt({ fallbackOn: [429] }), attempt({ model: 'backup' })]
})

const attempt = (more: Partial<Attempt> = {}): Attempt => {
  const wait = (each: FailedTry) => void failed.push(each)
  return { provider: 'gemini', headers: {}, hold: {}, retry: { limit: 1, on: [429], delay: 0, wait }, ...more }
}
const ask = (isStream = false) => send(gateway.port, gemini.request('m', isStream))

function first(script: Script): void {
  upstream.script = async (request, wire) => {
    await request.complete
    const side = sideOf(request, wire)
    await (side.model === 'm' ? script(request, wire) : answerWell(side))
  }
}

const JSON_TYPE: [string, string][] = [['content-type', 'application/json']]

describe('a refusal that says in its body when to come again', () => {
  it.each([false, true])('is read by those who decide about another try (stream: %s)', async isStream => {
    first((_, wire) => wire.answer({ status: 429, headers: JSON_TYPE, body: REFUSAL }))
    expect(understand(gemini, await ask(isStream))).toMatchObject({ status: 200 })
    expect(failed.map(({ kind, head }) => [kind, retryAfter(head!)])).toEqual([[429, 34_500]])
    expect(outcomes.map(({ status, head }) => [status, head?.get('retry-after')])).toEqual([
      [429, '35'],
      [200, undefined],
    ])
    expect(upstream.requests).toHaveLength(2)
  })

  it('is the client’s byte for byte where nobody takes over', async () => {
    plan = [attempt()]
    first((_, wire) => wire.answer({ status: 429, headers: [...JSON_TYPE, ['x-own', 'kept']], body: REFUSAL }))
    const response = await ask()
    expect([response.status, response.body.toString()]).toEqual([429, REFUSAL])
    const names = response.headers.map(([name]) => name.toLowerCase())
    expect(names).toContain('x-own')
    expect(names).not.toContain('retry-after')
  })

  it('is waited for no longer than it is worth', async () => {
    first(async (request, wire) => {
      await wire.head(429, [...JSON_TYPE, ['content-length', String(REFUSAL.length)]])
      await request.aborted
    })
    expect(understand(gemini, await ask())).toMatchObject({ status: 200 })
    expect(outcomes.map(each => each.status)).toEqual([429, 200])
  })

  it('that breaks off is a refusal all the same', async () => {
    first(async (_, wire) => {
      await wire.head(429, [...JSON_TYPE, ['content-length', String(REFUSAL.length)]])
      wire.reset()
    })
    expect(understand(gemini, await ask())).toMatchObject({ status: 200 })
    expect(outcomes.map(each => each.status)).toEqual([429, 200])
  })

  it('and is too large to be only that goes to the client whole', async () => {
    plan = [attempt()]
    const body = JSON.stringify({ error: { code: 429, message: 'x'.repeat(200_000), status: 'RESOURCE_EXHAUSTED' } })
    first((_, wire) => wire.answer({ status: 429, headers: JSON_TYPE, body }))
    expect((await ask()).body.toString()).toBe(body)
  })
})

it('a refusal that says so in its head is not waited for', async () => {
  first(async (request, wire) => {
    await wire.head(429, [...JSON_TYPE, ['retry-after', '7'], ['content-length', '900']])
    await request.aborted
  })
  const from = performance.now()
  expect(understand(gemini, await ask())).toMatchObject({ status: 200 })
  expect(performance.now() - from).toBeLessThan(900)
  expect(failed.map(each => retryAfter(each.head!))).toEqual([7000])
})
