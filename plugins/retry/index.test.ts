import type { FailedTry, Retry } from 'lunaroute'
import { gateway, harness } from 'lunaroute/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { meterReader } from '../../test/support/meters.ts'
import { RawConnection, send } from '../../test/support/raw-client.ts'
import { startRig } from '../../test/support/roundtrip.ts'
import { pause } from '../../test/support/until.ts'
import openai from '../openai/index.ts'
import { RetryBudget } from './budget.ts'
import retry, { type RetryOptions } from './index.ts'

const unlimited = { budget_ratio: 10, budget_min_per_second: 1000 }
const ask = { model: 'm', messages: [] }

/** The rules that an attempt is given. */
async function rulesOf(options: Partial<RetryOptions> = {}, own?: Retry): Promise<Required<Retry>> {
  const h = await harness(openai(), retry({ ...unlimited, ...options }))
  onTestFinished(() => h.close())
  const [attempt] = await h.route([{ provider: 'openai', headers: {}, ...(own && { retry: own }) }])
  return attempt!.retry as Required<Retry>
}

function failure(
  kind: FailedTry['kind'],
  more: Partial<FailedTry> & { headers?: Record<string, string> } = {},
): FailedTry {
  const { headers, ...rest } = more
  const head =
    typeof kind !== 'number'
      ? undefined
      : { status: kind, get: (name: string) => headers?.[name], names: () => Object.keys(headers ?? {}) }
  return { provider: 'openai', model: 'm', kind, head, retries: 0, isListed: true, ...rest }
}

describe('the pause before a retry', () => {
  it('is any time up to 100, 200 and 400 milliseconds', async () => {
    const { wait } = await rulesOf()
    for (const [retries, most] of [100, 200, 400].entries()) {
      const pauses = Array.from({ length: 300 }, () => wait(failure(503, { retries }))!)
      expect(Math.max(...pauses)).toBeLessThanOrEqual(most)
      // Full jitter: neither all long nor all short.
      expect(Math.max(...pauses)).toBeGreaterThan(most * 0.8)
      expect(Math.min(...pauses)).toBeLessThan(most * 0.2)
    }
  })

  it('is never longer than allowed', async () => {
    const { wait } = await rulesOf({ delay_ms: 1000, max_delay_ms: 10 })
    expect(wait(failure(503, { retries: 2 }))).toBeLessThanOrEqual(10)
  })

  it('is at least what the provider asks for', async () => {
    const { wait } = await rulesOf()
    const asked = wait(failure(429, { headers: { 'retry-after': '2' } }))
    expect(asked).toBeGreaterThanOrEqual(2000)
    expect(asked).toBeLessThanOrEqual(2100)
    expect(wait(failure(429, { headers: { 'x-ratelimit-reset-tokens': '1.5s' } }))).toBeGreaterThanOrEqual(1500)
  })

  it('beyond what is allowed is none: the attempt is not made again', async () => {
    const { wait } = await rulesOf()
    expect(wait(failure(429, { headers: { 'retry-after': '31' } }))).toBeUndefined()
    expect(wait(failure(429, { headers: { 'retry-after': '29' } }))).toBeGreaterThan(29_000)
  })

  it('may be shorter where another attempt could take over', async () => {
    const h = await harness(openai(), retry(unlimited))
    onTestFinished(() => h.close())
    const plan = await h.route([
      { provider: 'openai', headers: {} },
      { provider: 'openai', model: 'other', headers: {} },
    ])
    const slow = failure(429, { headers: { 'retry-after': '2' } })
    expect(plan[0]!.retry!.wait!(slow)).toBeUndefined()
    expect(plan[1]!.retry!.wait!(slow)).toBeGreaterThanOrEqual(2000)
  })
})

describe('what is tried again', () => {
  it.each(['connect', 'stale', 'reset', 'cut', 408, 409, 425, 429, 500, 502, 503, 504, 529])('%s is', async kind => {
    expect((await rulesOf()).on).toContain(kind)
  })

  it.each(['timeout', 'protocol', 400, 401, 403, 404, 413, 422, 501])('%s is not', async kind => {
    expect((await rulesOf()).on).not.toContain(kind)
  })

  it('x-should-retry decides against the list, both ways', async () => {
    const { wait } = await rulesOf()
    expect(wait(failure(503, { headers: { 'x-should-retry': 'false' } }))).toBeUndefined()
    expect(wait(failure(400, { headers: { 'x-should-retry': 'true' }, isListed: false }))).toBeDefined()
    expect(wait(failure(400, { isListed: false }))).toBeUndefined()
  })

  it('what would create something twice is not', async () => {
    const h = await harness(openai(), retry(unlimited))
    onTestFinished(() => h.close())
    const onOf = async (method: string, path: string) => {
      const [attempt] = await h.route(
        [{ provider: 'openai', headers: {} }],
        h.request({ model: 'm' }, { method, path }),
      )
      return attempt!.retry!.on
    }
    expect(await onOf('POST', '/v1/batches')).toEqual(['connect', 'stale', 429])
    expect(await onOf('GET', '/v1/batches')).toContain(503)
    expect(await onOf('POST', '/v1/embeddings')).toContain(503)
  })

  it('an attempt keeps what it says of its own retries, and is subject to the budget', async () => {
    const own = { limit: 5, on: [418], delay: 0 }
    const rules = await rulesOf({ retries: 1 }, own)
    expect(rules).toMatchObject(own)
    expect(rules.wait(failure(418, { retries: 4 }))).toBe(0)
    const refusing = await rulesOf({ budget_ratio: 0, budget_min_per_second: 0 }, own)
    expect(refusing.wait(failure(418))).toBeUndefined()
  })

  it('an attempt that decides for itself is left alone', async () => {
    const own = { limit: 5, on: [], delay: 0, wait: () => 7 }
    expect(await rulesOf({}, own)).toBe(own)
  })
})

describe('a kept connection that turned out closed', () => {
  const empty = { budget_ratio: 0, budget_min_per_second: 0 }

  it('is replaced once, at once and without the budget, whatever the number of retries', async () => {
    const rules = await rulesOf({ ...empty, retries: 0 })
    expect(rules.limit).toBe(1)
    expect(rules.wait(failure('stale'))).toBe(0)
    expect(rules.wait(failure('reset'))).toBeUndefined()
    expect((await rulesOf(empty)).wait(failure('stale', { retries: 1 }))).toBeUndefined()
  })

  it('costs no client an answer', async () => {
    const rig = await startRig({ plugins: [retry({ retries: 0, ...empty })] })
    onTestFinished(() => rig.close())
    rig.upstream.script = async (request, wire) => {
      await request.complete
      await wire.answer({ headers: [['content-type', 'application/json']], body: '{}' })
      setImmediate(() => wire.reset())
    }
    for (let n = 0; n < 30; n++) expect((await chat(rig.gateway.port)).status).toBe(200)
  })
})

describe('the budget', () => {
  const limits = { ratio: 0.2, minPerSecond: 1 }
  const taken = (budget: RetryBudget, now: number): number => {
    let count = 0
    for (; budget.take(limits, now); count++) budget.count(now)
    return count
  }

  it('is a share of the first tries of the last ten seconds', () => {
    const budget = new RetryBudget()
    for (let n = 0; n < 500; n++) budget.count(5_000 + n)
    expect(taken(budget, 5_600)).toBe(100)
    expect(taken(budget, 14_000)).toBe(0)
    // All that was counted has gone by; what is left is the least there is.
    expect(taken(budget, 16_000)).toBe(10)
  })

  it('counts retries as no reason for more', () => {
    const budget = new RetryBudget()
    for (let n = 0; n < 100; n++) budget.count(0)
    expect(taken(budget, 1)).toBe(20)
    expect(taken(budget, 3)).toBe(0)
  })

  it('is little, but not nothing, for a provider nobody asks', () => {
    expect(taken(new RetryBudget(), 123_456_789)).toBe(10)
  })

  it('keeps a hundred clients of a dead provider within a fifth of their requests', async () => {
    const meters = meterReader()
    const g = await gateway(
      { plugins: [openai(), retry({ delay_ms: 1, budget_ratio: 0.2, budget_min_per_second: 1 }), meters.plugin] },
      { upstream: () => ({ status: 503, body: { error: {} } }) },
    )
    onTestFinished(() => g.close())
    const requests = 1000
    const client = async (): Promise<void> => {
      for (let n = 0; n < requests / 100; n++) {
        const response = await g.post('/v1/chat/completions', ask)
        expect(response.status).toBe(503)
        await response.arrayBuffer()
      }
    }
    await Promise.all(Array.from({ length: 100 }, client))
    const extra = g.received.length - requests
    console.log(`${requests} requests to a dead provider led to ${extra} retries`)
    expect(extra).toBeGreaterThan(requests * 0.1)
    expect(extra).toBeLessThanOrEqual(requests * 0.2)
    expect(meters.read('lunaroute_retries_total')).toEqual([`openai 503: ${extra}`])
    expect(meters.read('lunaroute_retry_budget_exhausted_total')[0]).toMatch(/^openai: \d{3}/)
  })

  it('does not grow with what clients repeat by themselves', async () => {
    const g = await gateway(
      { plugins: [openai(), retry({ delay_ms: 0, budget_ratio: 1, budget_min_per_second: 0 })] },
      { upstream: () => ({ status: 503, body: {} }) },
    )
    onTestFinished(() => g.close())
    await g.post('/v1/chat/completions', ask, { 'x-stainless-retry-count': '1' })
    expect(g.received).toHaveLength(1)
    await g.post('/v1/chat/completions', ask, { 'x-stainless-retry-count': '0' })
    expect(g.received).toHaveLength(3)
  })

  it('outlives a reload', async () => {
    const meters = meterReader()
    const config = {
      plugins: [openai(), retry({ delay_ms: 0, budget_ratio: 0, budget_min_per_second: 0.2 }), meters.plugin],
    }
    const g = await gateway(config, { upstream: () => ({ status: 500, body: {} }) })
    onTestFinished(() => g.close())
    await g.post('/v1/chat/completions', ask)
    await g.reload(config)
    await g.post('/v1/chat/completions', ask)
    expect(g.received).toHaveLength(4)
    expect(meters.read('lunaroute_retries_total')).toEqual(['openai 500: 2'])
  })
})

it('the last answer is the client’s, as it came', async () => {
  const g = await gateway(
    { plugins: [openai(), retry({ retries: 2, delay_ms: 1, ...unlimited })] },
    { upstream: () => ({ status: 429, headers: { 'retry-after': '40', 'x-own': 'kept' }, body: '{"error" : 1}' }) },
  )
  onTestFinished(() => g.close())
  const response = await g.post('/v1/chat/completions', ask)
  expect([response.status, response.headers.get('retry-after'), response.headers.get('x-own')]).toEqual([
    429,
    '40',
    'kept',
  ])
  expect(await response.text()).toBe('{"error" : 1}')
  expect(g.received).toHaveLength(1)
})

it('a pause that a provider asks for is kept on the clock', async () => {
  let first = 0
  const g = await gateway(
    { plugins: [openai(), retry(unlimited)] },
    {
      upstream: () => {
        if (first) return { body: { waited: performance.now() - first } }
        first = performance.now()
        return { status: 429, headers: { 'retry-after-ms': '250' }, body: {} }
      },
    },
  )
  onTestFinished(() => g.close())
  const { waited } = (await (await g.post('/v1/chat/completions', ask)).json()) as { waited: number }
  expect(waited).toBeGreaterThanOrEqual(245)
})

it('a client that leaves during the pause is the end of it', async () => {
  const rig = await startRig({ plugins: [retry({ delay_ms: 60_000, max_delay_ms: 60_000, ...unlimited })] })
  onTestFinished(() => rig.close())
  rig.upstream.script = async (request, wire) => {
    await request.complete
    await wire.answer({ status: 503, body: 'busy' })
  }
  const connection = await RawConnection.open(rig.gateway.port)
  const arrived = rig.upstream.nextRequest()
  connection.begin(chatRequest)
  await arrived
  connection.abort('close')
  await pause(50)
  expect(rig.upstream.requests).toHaveLength(1)
})

const chatRequest = {
  method: 'POST',
  target: '/v1/chat/completions',
  headers: [['content-type', 'application/json']] as [string, string][],
  body: JSON.stringify(ask),
}

function chat(port: number) {
  return send(port, chatRequest)
}
