import { describe, expect, it } from 'vitest'
import type { Chunk } from '../src/chunk.ts'
import { GatewayError, PluginError } from '../src/errors.ts'
import type { Attempt, Exchange, OutgoingAttempt } from '../src/exchange.ts'
import { buildHooks, HOOK_NAMES, type Tap } from '../src/hooks.ts'
import type { Handlers, HookName } from '../src/plugin.ts'
import type { LlmRequest } from '../src/request.ts'
import { memoryLogger } from '../src/testing/logs.ts'
import { chunk, type LogEntry } from '../src/testing.ts'

const exchange = { id: 'req_1' } as Exchange
const request = {} as LlmRequest
const boom = () => {
  throw new Error('boom')
}

function tap<K extends HookName>(hook: K, handler: Handlers[K], more: Partial<Tap> = {}): Tap {
  return { hook, plugin: 'p', failure: 'closed', handler, log: memoryLogger('p', []), ...more }
}

describe('an egress tap that says when it is needed', () => {
  const attempt = (provider: string) => ({ provider, headers: {} }) as OutgoingAttempt
  const forOther = { when: ({ provider }: Attempt) => provider === 'other' }
  const renamed = (): OutgoingAttempt => attempt('renamed')

  it('is asked before an attempt is written out, and called for no other', async () => {
    const hooks = buildHooks([tap('egress', renamed, forOther)])
    expect(hooks.isEgressWanted(attempt('one'), request, exchange)).toBe(false)
    expect(hooks.isEgressWanted(attempt('other'), request, exchange)).toBe(true)
    expect(await hooks.egress!.promise(attempt('one'), request, exchange)).toEqual(attempt('one'))
    expect(await hooks.egress!.promise(attempt('other'), request, exchange)).toEqual(attempt('renamed'))
  })

  it('does not keep others from being called', async () => {
    const hooks = buildHooks([tap('egress', renamed, forOther), tap('egress', () => attempt('always'))])
    expect(hooks.isEgressWanted(attempt('one'), request, exchange)).toBe(true)
    expect(await hooks.egress!.promise(attempt('one'), request, exchange)).toEqual(attempt('always'))
  })

  it('is blamed for a condition that throws, or passed over where it fails open', async () => {
    const closed = buildHooks([tap('egress', renamed, { when: boom })])
    expect(() => closed.isEgressWanted(attempt('one'), request, exchange)).toThrow('failed in its egress hook')
    const open = buildHooks([tap('egress', renamed, { when: boom, failure: 'open' })])
    expect(open.isEgressWanted(attempt('one'), request, exchange)).toBe(false)
    expect(await open.egress!.promise(attempt('one'), request, exchange)).toEqual(attempt('one'))
  })
})

describe('a hook that nobody taps', () => {
  it('is null, and one that somebody taps is not', () => {
    const hooks = buildHooks([tap('normalize', () => undefined)])
    expect(HOOK_NAMES.filter(name => hooks[name] !== null)).toEqual(['normalize'])
  })

  it('is fixed: the table is frozen', () => {
    expect(Object.isFrozen(buildHooks([]))).toBe(true)
  })
})

describe('an asynchronous hook', () => {
  const later = async () => undefined

  it.each([1, 2, 3])('rejects when tap %i throws synchronously, and does not hang', async place => {
    const taps = [later, later, later].map((handler, i) => tap('ingress', i === place - 1 ? boom : handler))
    await expect(buildHooks(taps).ingress!.promise(exchange)).rejects.toThrow('plugin "p" failed in its ingress hook')
  })

  it('accepts a tap that returns no promise after one that does', async () => {
    const hooks = buildHooks([tap('ingress', later), tap('ingress', () => ({ status: 204 }))])
    expect(await hooks.ingress!.promise(exchange)).toEqual({ status: 204 })
  })

  it('names the plugin and the hook of what failed, and keeps the cause to itself', async () => {
    const { normalize } = buildHooks([tap('normalize', boom, { plugin: 'redact' })])
    const error: unknown = await Promise.resolve(normalize!.promise(request, exchange)).catch(reason => reason)
    expect(error).toBeInstanceOf(PluginError)
    expect(error).toMatchObject({ plugin: 'redact', hook: 'normalize', code: 'LR_PLUGIN', status: 500 })
    expect((error as Error).message).not.toContain('boom')
    expect((error as Error).cause).toMatchObject({ message: 'boom' })
  })

  it('passes a GatewayError on as it is', async () => {
    const refusal = new GatewayError('MY_CODE', 402, 'pay first')
    const hooks = buildHooks([tap('ingress', () => Promise.reject(refusal))])
    await expect(hooks.ingress!.promise(exchange)).rejects.toBe(refusal)
  })
})

describe('ingress', () => {
  it('ends with the first reply', async () => {
    const calls: string[] = []
    const hooks = buildHooks([
      tap('ingress', () => void calls.push('first')),
      tap('ingress', () => ({ status: 200, body: 'second' })),
      tap('ingress', () => void calls.push('third')),
    ])
    expect(await hooks.ingress!.promise(exchange)).toMatchObject({ body: 'second' })
    expect(calls).toEqual(['first'])
  })

  it.each([
    null,
    false,
    0,
    '',
  ])('takes %j for nothing, so that no plugin can switch off those after it', async nothing => {
    const refusal = new GatewayError('MY_CODE', 401, 'who are you?')
    const hooks = buildHooks([
      tap('ingress', (() => nothing) as never),
      tap('ingress', () => {
        throw refusal
      }),
    ])
    await expect(hooks.ingress!.promise(exchange)).rejects.toBe(refusal)
  })
})

describe('a waterfall', () => {
  it('hands each plugin what the one before returned', async () => {
    const hooks = buildHooks([
      tap('route', plan => [...plan, { provider: 'a', headers: {} }]),
      tap('route', () => undefined),
      tap('route', async plan => [...plan, { provider: 'b', headers: {} }]),
    ])
    const plan = await hooks.route!.promise([], request, exchange)
    expect(plan).toMatchObject([{ provider: 'a' }, { provider: 'b' }])
  })

  it('shows that nobody changed the request by giving the same object back', async () => {
    const hooks = buildHooks([tap('normalize', () => undefined), tap('normalize', async () => undefined)])
    expect(await hooks.normalize!.promise(request, exchange)).toBe(request)
  })

  it('takes null for nothing', async () => {
    const seen: unknown[] = []
    const hooks = buildHooks([
      tap('normalize', (() => null) as never),
      tap('normalize', given => void seen.push(given)),
    ])
    await hooks.normalize!.promise(request, exchange)
    expect(seen).toEqual([request])
  })
})

describe('a plugin that fails open', () => {
  it('counts as having returned nothing, and is logged', async () => {
    const logs: LogEntry[] = []
    const open = { failure: 'open', plugin: 'stats', log: memoryLogger('stats', logs) } as const
    const hooks = buildHooks([tap('normalize', boom, open), tap('normalize', () => undefined)])
    expect(await hooks.normalize!.promise(request, exchange)).toBe(request)
    expect(logs).toMatchObject([{ level: 'error', message: 'plugin "stats" failed in normalize; it fails open' }])
  })

  it('keeps a chunk it failed on', () => {
    const hooks = buildHooks([tap('streamChunk', boom, { failure: 'open' })])
    const one = chunk('a')
    expect(hooks.streamChunk!.call(one, exchange)).toBe(one)
  })

  it('can still refuse', async () => {
    const refusal = new GatewayError('MY_CODE', 403, 'no')
    const hooks = buildHooks([tap('ingress', () => Promise.reject(refusal), { failure: 'open' })])
    await expect(hooks.ingress!.promise(exchange)).rejects.toBe(refusal)
  })
})

describe('streamChunk', () => {
  const through = (...handlers: Handlers['streamChunk'][]) => {
    const hooks = buildHooks(handlers.map(handler => tap('streamChunk', handler)))
    const result = hooks.streamChunk!.call(chunk('a'), exchange) as Chunk | readonly Chunk[]
    return [result].flat().map(each => (each as Chunk).data)
  }
  const split = (each: Chunk) => [each.with(`${each.data}1`), each.with(`${each.data}2`)]

  it('keeps a chunk when nothing is returned', () => expect(through(() => undefined)).toEqual(['a']))
  it('drops a chunk when null is returned', () => expect(through(() => null)).toEqual([]))
  it('splits a chunk into a list', () => expect(through(split)).toEqual(['a1', 'a2']))
  it('hands each part of a split chunk to the next plugin', () =>
    expect(through(split, split)).toEqual(['a11', 'a12', 'a21', 'a22']))
  it('lets a later plugin drop one part', () =>
    expect(through(split, each => (each.data === 'a1' ? null : undefined))).toEqual(['a2']))
  it('does not call later plugins for a dropped chunk', () => expect(through(() => null, boom)).toEqual([]))

  it('names the plugin of what failed', () => {
    const hooks = buildHooks([tap('streamChunk', boom, { plugin: 'filter' })])
    expect(() => hooks.streamChunk!.call(chunk('a'), exchange)).toThrow(
      'plugin "filter" failed in its streamChunk hook',
    )
  })
})

describe('record', () => {
  it('runs every tap, whichever fails and however', async () => {
    const logs: LogEntry[] = []
    const log = memoryLogger('p', logs)
    const ran: number[] = []
    const hooks = buildHooks([
      tap('record', boom, { log }),
      tap('record', () => void ran.push(1)),
      tap('record', () => Promise.reject(new Error('late')), { log }),
      tap('record', async () => void ran.push(2)),
    ])
    await hooks.record!.promise(exchange)
    expect(ran).toEqual([1, 2])
    expect(logs.map(each => each.level)).toEqual(['error', 'error'])
  })

  it('starts its taps together', async () => {
    const order: string[] = []
    const slow = async () => {
      order.push('slow starts')
      await Promise.resolve()
      order.push('slow ends')
    }
    await buildHooks([tap('record', slow), tap('record', () => void order.push('quick'))]).record!.promise(exchange)
    expect(order).toEqual(['slow starts', 'quick', 'slow ends'])
  })
})
