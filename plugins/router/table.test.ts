import { harness } from 'lunaroute/testing'
import { describe, expect, it } from 'vitest'
import { compileRule } from './compiled-rule.ts'
import { Facts } from './facts.ts'
import { RouteTable } from './table.ts'

describe('a thousand rules', () => {
  it('are asked in the order they would be asked one by one', async () => {
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed % below
    }
    const models = ['a', 'ab', 'abc', 'b', 'ba', 'x-1', 'x-2']
    const patterns = [...models, 'a*', 'ab*', 'x-*', '*', '?b*', '/^a.c$/', '*1']
    const rules = Array.from({ length: 1000 }, (_, i) => {
      const model = patterns[random(patterns.length)]!
      const match = { ...(random(4) > 0 && { model }), ...(random(3) > 0 && { headers: { h: `${random(300)}` } }) }
      return compileRule({ id: `${i}`, priority: random(5), match, target: { provider: 'p' } }, 'file')
    })
    const table = new RouteTable(rules, {})
    const h = await harness()
    for (const model of [...models, 'other']) {
      for (let i = 0; i < 50; i++) {
        const request = h.request({ model }, { headers: { h: `${random(400)}` } })
        const facts = new Facts(request, 'default', model)
        expect(table.find(facts)?.id).toBe(table.rules.find(each => each.test(facts))?.id)
      }
    }
    await h.close()
  })
})
