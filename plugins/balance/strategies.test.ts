import { describe, expect, it } from 'vitest'
import { Latencies } from './latencies.ts'
import { Limits } from './limits.ts'
import { Prices } from './prices.ts'
import { digest, rendezvous } from './rendezvous.ts'
import { Rotation } from './rotation.ts'
import { targetOf } from './target.ts'

const targets = ['a', 'b', 'c'].map(provider => targetOf({ provider }))
const names = (list: readonly { readonly provider: string }[]) => list.map(each => each.provider).join('')

describe('rotation', () => {
  it('gives each target its turn, the others behind it', () => {
    const rotation = new Rotation()
    expect([1, 2, 3, 4].map(() => names(rotation.next(targets)))).toEqual(['abc', 'bca', 'cab', 'abc'])
  })

  it('by weight is smooth and exact, as nginx has it', () => {
    const rotation = new Rotation()
    const weighted = [5, 1, 1].map((weight, i) => targetOf({ provider: 'abc'[i]!, weight }))
    const turns = Array.from({ length: 14 }, () => names(rotation.nextByWeight(weighted))[0])
    expect(turns.join('')).toBe('aabacaaaabacaa')
  })

  it('by weight leaves a weight of 0 for the end', () => {
    const rotation = new Rotation()
    const weighted = [0, 1, 1].map((weight, i) => targetOf({ provider: 'abc'[i]!, weight }))
    for (let i = 0; i < 4; i++) expect(names(rotation.nextByWeight(weighted))).toMatch(/^[bc]{2}a$/)
    const none = weighted.slice(0, 1)
    expect(names(rotation.nextByWeight(none))).toBe('a')
  })
})

describe('rendezvous', () => {
  const keys = Array.from({ length: 20_000 }, (_, i) => digest(`key ${i}`))

  it('gives each place its share', () => {
    const weighted = [2, 1, 1].map((weight, i) => targetOf({ provider: 'abc'[i]!, weight }))
    const firsts = keys.map(each => names(rendezvous(each, weighted))[0]!)
    const share = (name: string) => firsts.filter(each => each === name).length / keys.length
    expect(share('a')).toBeCloseTo(0.5, 1)
    expect(share('b')).toBeCloseTo(0.25, 1)
  })

  it('moves no key but those of the place that goes', () => {
    const fewer = targets.slice(1)
    for (const key of keys.slice(0, 500)) {
      const before = names(rendezvous(key, targets))
      expect(names(rendezvous(key, fewer))).toBe(before.replace('a', ''))
    }
  })
})

describe('latency', () => {
  it('rises at once, falls slowly, and counts requests under way', () => {
    const latencies = new Latencies()
    expect(latencies.load('a', 0)).toBe(0)
    latencies.answered('a', 100, 0)
    latencies.answered('a', 900, 0)
    expect(latencies.load('a', 0)).toBeCloseTo(901)
    latencies.answered('a', 100, 1000)
    expect(latencies.load('a', 1000)).toBeGreaterThan(700)
    expect(latencies.load('a', 60_000)).toBeLessThan(10)
    latencies.started('a')
    latencies.started('a')
    const busy = latencies.load('a', 1000)
    latencies.ended('a')
    expect(busy / latencies.load('a', 1000)).toBeCloseTo(1.5)
  })

  it('of what fails at once is not short', () => {
    const latencies = new Latencies()
    latencies.failed('a', 0)
    latencies.answered('b', 800, 0)
    expect(latencies.load('a', 0)).toBeGreaterThan(latencies.load('b', 0))
  })
})

describe('a limit', () => {
  it('lasts as long as was asked for, or doubles from its base until something works', () => {
    const limits = new Limits()
    limits.limited('a', 5, 100, 0)
    expect([limits.wait('a', 0), limits.wait('a', 5), limits.wait('b', 0)]).toEqual([5, 0, 0])
    limits.worked('a', 6)
    for (const [at, wait] of [
      [10, 100],
      [200, 200],
      [500, 400],
    ] as const) {
      limits.limited('a', undefined, 100, at)
      expect(limits.wait('a', at)).toBe(wait)
    }
    limits.worked('a', 600)
    expect(limits.wait('a', 600)).toBe(300)
    limits.worked('a', 1000)
    limits.limited('a', undefined, 100, 1000)
    expect(limits.wait('a', 1000)).toBe(100)
  })

  it('is one, however many requests were under way', () => {
    const limits = new Limits()
    for (let i = 0; i < 10; i++) limits.limited('a', undefined, 100, i)
    expect(limits.wait('a', 10)).toBe(90)
    limits.limited('a', 500, 100, 10)
    expect(limits.wait('a', 10)).toBe(500)
    limits.limited('b', 1e12, 100, 0)
    expect(limits.wait('b', 0)).toBe(172_800_000)
  })
})

describe('prices', () => {
  it('are those of the config, else of a list; what is unknown comes last', () => {
    let asked = 0
    const list = {
      cost: (provider: string, model: string) => {
        asked++
        const found = { b: 2, c: 1 }[provider]
        if (found === undefined || model !== 'm') return undefined
        return { total_cost_usd: found } as never
      },
    }
    const prices = new Prices(() => [list])
    expect(names(prices.cheapestFirst(targets, 'm'))).toBe('cba')
    prices.cheapestFirst(targets, 'm')
    expect(asked).toBe(3)
    const own = [targetOf({ provider: 'a', cost: 1.5 }), ...targets.slice(1)]
    expect(names(prices.cheapestFirst(own, 'm'))).toBe('cab')
    expect(names(prices.cheapestFirst(own, undefined))).toBe('abc')
  })
})
