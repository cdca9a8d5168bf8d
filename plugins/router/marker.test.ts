import { callerSlot, definePlugin } from 'lunaroute'
import { harness } from 'lunaroute/testing'
import { describe, expect, it } from 'vitest'
import { CHAT, other, type RouterOptions, routed, to } from '../../test/support/routed.ts'
import openai from '../openai/index.ts'
import router from './index.ts'

describe('a marker in the last user message', () => {
  const rules = [{ id: 'sonnet', match: { model: 'never' }, ...to('other', 'n') }]
  const messages = (text: string, after: readonly object[] = []) => ({
    model: 'm',
    max_tokens: 5,
    messages: [
      { role: 'user', content: 'earlier' },
      { role: 'assistant', content: 'ok' },
      { role: 'user', content: text },
      ...after,
    ],
  })
  type Shape = readonly [dialect: string, path: string, body: (text: string) => object, provider: string]
  const shapes: readonly Shape[] = [
    ['Chat', CHAT, text => messages(text), 'chat'],
    [
      'Chat in parts',
      CHAT,
      text => ({ model: 'm', messages: [{ role: 'user', content: [{ type: 'text', text }] }] }),
      'chat',
    ],
    ['Messages', '/v1/messages', text => messages(text), 'claude'],
    [
      'Messages in blocks, before tool results',
      '/v1/messages',
      text => ({
        model: 'm',
        max_tokens: 5,
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'keep' },
              { type: 'text', text },
            ],
          },
          { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'done' }] },
        ],
      }),
      'claude',
    ],
    ['Responses', '/v1/responses', text => ({ model: 'm', input: text }), 'responses'],
    [
      'Responses in items',
      '/v1/responses',
      text => ({ model: 'm', input: [{ role: 'user', content: [{ type: 'input_text', text }] }] }),
      'responses',
    ],
    [
      'Gemini',
      '/v1beta/models/m:generateContent',
      text => ({ contents: [{ role: 'user', parts: [{ text }] }] }),
      'gem',
    ],
  ]
  const providers = {
    chat: { dialect: 'openai-chat', base_url: 'https://chat.test/v1', api_key: 'k' },
    claude: { dialect: 'anthropic-messages', base_url: 'https://claude.test', api_key: 'k' },
    responses: { dialect: 'openai-responses', base_url: 'https://responses.test/v1', api_key: 'k' },
    gem: { dialect: 'gemini', base_url: 'https://gem.test', api_key: 'k' },
  }

  describe.each(shapes)('in %s', (_name, path, body, provider) => {
    it('chooses a provider and is gone from what is sent', async () => {
      const { g } = await routed({}, {}, providers)
      const response = await g.post(path, body(`[LUNAROUTE:${provider}] hello`))
      expect([response.status, response.headers.get('x-route')]).toEqual([200, provider])
      expect(g.received.map(each => each.provider)).toEqual([provider])
      expect(g.received[0]!.body.toString()).toBe(JSON.stringify(body(' hello')))
    })

    it('chooses a rule', async () => {
      const { g } = await routed(
        { rules: [{ id: 'chosen', match: { model: 'never' }, ...to(provider, 'other-model') }] },
        {},
        providers,
      )
      const response = await g.post(path, body('say hello[LUNAROUTE:chosen]'))
      expect(response.headers.get('x-route')).toBe('chosen')
      const [sent] = g.received
      expect(`${sent!.path} ${sent!.body}`).toContain('other-model')
      expect(sent!.body.toString()).toContain('"say hello"')
    })

    it.each([
      'nobody',
      'clear',
      'CLEAR',
    ])('[LUNAROUTE:%s] is taken out, and the request goes where it would', async name => {
      const { g } = await routed({}, {}, providers)
      await g.post(path, body('hello'))
      const response = await g.post(path, body(`hello[LUNAROUTE:${name}]`))
      expect([response.status, response.headers.get('x-route')]).toEqual([200, 'undefined'])
      expect(g.received[1]!.provider).toBe(g.received[0]!.provider)
      expect(g.received[1]!.body.toString()).toBe(g.received[0]!.body.toString())
      expect(g.logs.join().includes('names no rule, provider or alias')).toBe(name === 'nobody')
    })
  })

  it('of an earlier turn stays out, so that the conversation begins as it did before', async () => {
    for (const [, path, body, provider] of shapes.filter(([name]) => !name.startsWith('Responses'))) {
      const { g } = await routed({}, {}, providers)
      const first = body(`[LUNAROUTE:${provider}] first`) as Record<string, unknown>
      const key = 'contents' in first ? 'contents' : 'messages'
      const question = { role: 'user', ...(key === 'contents' ? { parts: [{ text: 'next' }] } : { content: 'next' }) }
      const answer =
        key === 'contents' ? { role: 'model', parts: [{ text: 'ok' }] } : { role: 'assistant', content: 'ok' }
      await g.post(path, first)
      await g.post(path, { ...first, [key]: [...(first[key] as object[]), answer, question] })
      const [before, after] = g.received.map(each => (each.json() as Record<string, object[]>)[key]!)
      expect(JSON.stringify(after!.slice(0, before!.length))).toBe(JSON.stringify(before))
      expect(JSON.stringify(after)).not.toContain('LUNAROUTE')
    }
  })

  it('of an earlier turn stays out in Responses, too', async () => {
    const { g } = await routed({}, {}, providers)
    const input = ['[LUNAROUTE:responses] first', 'next'].map(content => ({ role: 'user', content }))
    await g.post('/v1/responses', { model: 'm', input })
    expect(g.received[0]!.json()).toEqual({
      model: 'm',
      input: [
        { role: 'user', content: ' first' },
        { role: 'user', content: 'next' },
      ],
    })
  })

  it('that stands alone in a frame takes its block along, and the first of several counts', async () => {
    const { g } = await routed({ rules }, {}, other)
    const blocks = [
      { type: 'text', text: '<system-reminder>\n[LUNAROUTE:sonnet]\n</system-reminder>' },
      { type: 'text', text: 'hi [LUNAROUTE:openai]' },
    ]
    const response = await g.post(CHAT, { model: 'm', messages: [{ role: 'user', content: blocks }] })
    expect(response.headers.get('x-route')).toBe('sonnet')
    expect(JSON.parse(g.received[0]!.body.toString()).messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'hi ' }] },
    ])
    expect(g.logs.join()).toContain('several route markers')
  })

  it('in an earlier message is none, nor where markers are turned off', async () => {
    const earlier = {
      model: 'm',
      messages: [
        { role: 'user', content: '[LUNAROUTE:sonnet]' },
        { role: 'assistant', content: 'a' },
        { role: 'user', content: 'b' },
      ],
    }
    const { g } = await routed({ rules }, {}, other)
    expect((await g.post(CHAT, earlier)).headers.get('x-route')).toBe('undefined')
    expect(g.received[0]!.json()).toEqual({ model: 'm', messages: earlier.messages.slice(1) })
    const off = await routed({ rules, markers: false }, {}, other)
    expect((await off.chat({ model: 'm', messages: [{ role: 'user', content: '[LUNAROUTE:sonnet]' }] })).route).toBe(
      'undefined',
    )
  })

  it('asks a provider for the model that its entry names', async () => {
    const { g } = await routed({}, {}, { other: { ...other.other, model: 'llama' } })
    await g.post(CHAT, { model: 'm', messages: [{ role: 'user', content: '[LUNAROUTE:other] hi' }] })
    expect(JSON.parse(g.received[0]!.body.toString()).model).toBe('llama')
  })

  describe('with sticky_markers', () => {
    const plugins = (options: RouterOptions) => {
      const who = definePlugin({
        name: 'who',
        setup: () => ({
          ingress(exchange) {
            exchange.use(callerSlot).keyHash = exchange.head.get('x-who')
          },
        }),
      })
      return [
        openai(),
        who(),
        router({ rules: [{ id: 'r', match: { model: 'never' }, ...to('openai', 'n') }], ...options }),
      ]
    }
    const ask = async (h: Awaited<ReturnType<typeof harness>>, text: string, session: string, caller = 'a') => {
      const body = { model: 'm', prompt_cache_key: session, messages: [{ role: 'user', content: text }] }
      const request = h.request(body, { dialect: 'openai-chat', headers: { 'x-who': caller } })
      const exchange = h.exchange(request, { session })
      await h.ingress(exchange)
      const [attempt] = await h.route(
        [{ provider: 'openai', headers: {} }],
        await h.normalize(request, exchange),
        exchange,
      )
      return attempt?.model
    }

    it('counts for the rest of its session, and for nobody else', async () => {
      const h = await harness(plugins({ sticky_markers: true }))
      expect(await ask(h, '[LUNAROUTE:r]', 's')).toBe('n')
      expect(await ask(h, 'more', 's')).toBe('n')
      expect(await ask(h, 'more', 'other')).toBeUndefined()
      expect(await ask(h, 'more', 's', 'b')).toBeUndefined()
      const next = await h.reload(plugins({ sticky_markers: true }))
      await h.close()
      expect(await ask(next, 'more', 's')).toBe('n')
      expect(await ask(next, '[LUNAROUTE:clear]', 's')).toBeUndefined()
      expect(await ask(next, 'more', 's')).toBeUndefined()
      await next.close()
    })

    it('counts for nobody who brings another credential, where the gateway has no keys of its own', async () => {
      const rule = { id: 'r', match: { model: 'never' }, ...to('openai', 'n') }
      const { chat } = await routed({ rules: [rule], sticky_markers: true })
      const say = async (content: string, key: string) => {
        const messages = [{ role: 'user', content }]
        const { route } = await chat(
          { model: 'm', prompt_cache_key: 's', messages },
          { authorization: `Bearer ${key}` },
        )
        return route
      }
      expect(await say('[LUNAROUTE:r] hi', 'sk-one')).toBe('r')
      expect(await say('more', 'sk-one')).toBe('r')
      expect(await say('more', 'sk-two')).toBe('undefined')
    })

    it('is for one request where the option is off', async () => {
      const h = await harness(plugins({}))
      expect(await ask(h, '[LUNAROUTE:r]', 's')).toBe('n')
      expect(await ask(h, 'more', 's')).toBeUndefined()
      await h.close()
    })
  })
})
