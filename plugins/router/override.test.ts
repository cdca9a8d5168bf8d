import { describe, expect, it } from 'vitest'
import { CHAT, other, routed, to } from '../../test/support/routed.ts'

describe('an override by name', () => {
  const options = { rules: [{ id: 'r', match: { model: 'never' }, ...to('other', 'n') }] }

  it('of a rule by header or query wins over the rules, and does not leave the gateway', async () => {
    const { chat } = await routed(options, {}, other)
    const byHeader = await chat({ model: 'm' }, { 'X-Luna-Route': 'r', 'x-luna-else': '1' })
    expect(byHeader).toMatchObject({ route: 'r', to: ['other n'], reason: 'asked for by X-Luna-Route' })
    const byQuery = await chat({ model: 'm' }, {}, '?a=1&route=r&b=%20')
    expect(byQuery).toMatchObject({ route: 'r', to: ['other n'] })
    expect(byQuery.sent[0]!.path).toBe(`${CHAT}?a=1&b=%20`)
    expect((await chat({ model: 'm' }, {}, '?route=r')).sent[0]!.path).toBe(CHAT)
    expect(Object.keys(byHeader.sent[0]!.headers).filter(name => name.startsWith('x-luna-'))).toEqual([])
  })

  it('of a provider sends there under the same model', async () => {
    const { chat } = await routed(options, {}, other)
    expect(await chat({ model: 'm' }, { 'x-luna-provider': 'other' })).toMatchObject({
      route: 'other',
      to: ['other m'],
    })
  })

  it.each<[Record<string, string>, string, string]>([
    [{ 'x-luna-route': 'rr' }, '', 'X-Luna-Route names no rule of this gateway: \\"rr\\"'],
    [{ 'x-luna-provider': 'opnai' }, '', 'X-Luna-Provider names no provider of this gateway: \\"opnai\\"'],
    [{}, '?route=x', '?route names no rule of this gateway: \\"x\\"'],
  ])('of what there is not is refused: %j %s', async (headers, query, message) => {
    const { chat } = await routed(options, {}, other)
    const answer = await chat({ model: 'm' }, headers, query)
    expect(answer).toMatchObject({ status: 400, to: [] })
    expect(answer.text).toContain(message)
  })

  it('can be turned off, and its headers still stay here', async () => {
    const { chat } = await routed({ ...options, overrides: false }, {}, other)
    const { to: reached, sent } = await chat({ model: 'm' }, { 'x-luna-route': 'r' }, '?route=r')
    expect(reached).toEqual(['openai m'])
    expect(sent[0]!.path).toBe(`${CHAT}?route=r`)
    expect(sent[0]!.headers['x-luna-route']).toBeUndefined()
  })
})
