import { describe, expect, it } from 'vitest'
import { CHAT, other, routed, to } from '../../test/support/routed.ts'

/** Each dialect: a request of it, and a provider that speaks it. */
const DIALECTS: readonly (readonly [name: string, path: string, body: object, provider: string])[] = [
  ['Chat', CHAT, { model: 'm', messages: [{ role: 'user', content: 'hi' }] }, 'chat'],
  ['Responses', '/v1/responses', { model: 'm', input: 'hi' }, 'responses'],
  ['Messages', '/v1/messages', { model: 'm', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] }, 'claude'],
  ['Gemini', '/v1beta/models/m:generateContent', { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }, 'gem'],
  [
    'Gemini, as a stream',
    '/v1beta/models/m:streamGenerateContent?alt=sse',
    { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
    'gem',
  ],
]
const SPEAKERS = {
  chat: { dialect: 'openai-chat', base_url: 'https://chat.test/v1', api_key: 'k' },
  responses: { dialect: 'openai-responses', base_url: 'https://responses.test/v1', api_key: 'k' },
  claude: { dialect: 'anthropic-messages', base_url: 'https://claude.test', api_key: 'k' },
  gem: { dialect: 'gemini', base_url: 'https://gem.test', api_key: 'k' },
}

describe.each(DIALECTS)('in %s', (_, path, body, provider) => {
  const options = { rules: [{ id: 'chosen', match: { model: 'never' }, ...to(provider) }] }
  const query = (more: string) => `${path}${path.includes('?') ? '&' : '?'}${more}`

  it.each<[what: string, path: string, headers: Record<string, string>, route: string]>([
    ['X-Luna-Route', path, { 'X-Luna-Route': 'chosen' }, 'chosen'],
    ['X-Luna-Provider', path, { 'X-Luna-Provider': provider }, provider],
    ['?route=', query('route=chosen'), {}, 'chosen'],
    ['both, of which the rule counts,', query('route=chosen'), { 'X-Luna-Provider': 'openai' }, 'chosen'],
  ])('%s chooses, and is not sent on', async (_, target, headers, route) => {
    const { g } = await routed(options, {}, SPEAKERS)
    const response = await g.post(target, body, { ...headers, 'x-mine': '1' })
    expect([response.status, response.headers.get('x-route')]).toEqual([200, route])
    const [sent, ...more] = g.received
    expect([sent!.provider, sent!.path, sent!.body.toString(), more]).toEqual([
      provider,
      path,
      JSON.stringify(body),
      [],
    ])
    expect(Object.keys(sent!.headers).filter(name => name.includes('luna'))).toEqual([])
    expect(sent!.headers['x-mine']).toBe('1')
  })

  it.each<[string, string, Record<string, string>]>([
    ['X-Luna-Route names no rule', path, { 'X-Luna-Route': 'nobody' }],
    ['X-Luna-Provider names no provider', path, { 'X-Luna-Provider': 'nobody' }],
    ['?route names no rule', query('route=nobody'), {}],
  ])('%s: refused in the dialect', async (message, target, headers) => {
    const { g } = await routed(options, {}, SPEAKERS)
    const response = await g.post(target, body, headers)
    expect([response.status, g.received]).toEqual([400, []])
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining(message) } })
  })
})

describe('an override by name', () => {
  it.each([
    [{ 'x-luna-route': 'chosn' }, '"chosn" (did you mean "chosen"?)'],
    [{ 'x-luna-provider': 'opnai' }, '"opnai" (did you mean "openai"?)'],
    [{ 'x-luna-route': 'something else' }, '"something else"'],
  ])('that is misspelled is refused with the nearest name: %j', async (headers, message) => {
    const { chat } = await routed({ rules: [{ id: 'chosen', match: { model: 'never' }, ...to('openai') }] })
    const { text } = await chat({ model: 'm' }, headers as Record<string, string>)
    expect(JSON.parse(text).error.message).toMatch(new RegExp(`${message.replace(/[()?]/g, '\\$&')}$`))
  })

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
