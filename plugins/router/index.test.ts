import { readFileSync } from 'node:fs'
import { gateway, harness, type Upstream } from 'lunaroute/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CHAT, dialects, env, other, type RouterOptions, routed, to } from '../../test/support/routed.ts'
import translate from '../translate/index.ts'
import config from './example.config.ts'
import router from './index.ts'

describe('a rule', () => {
  it('sends to its target, under the model it says', async () => {
    const { chat } = await routed({ rules: [{ id: 'big', match: { model: 'm' }, ...to('other', 'n') }] }, {}, other)
    expect(await chat({ model: 'm' })).toMatchObject({
      route: 'big',
      to: ['other n'],
      reason: 'the first rule that fits',
    })
    expect(await chat({ model: 'x' })).toMatchObject({ route: 'undefined', to: ['openai x'], reason: 'no rule fits' })
  })

  it('of a higher priority is asked first, and of equal ones the first', async () => {
    const rule = (id: string, priority: number, model: string) => ({ id, priority, match: { model }, ...to('openai') })
    const { chat } = await routed({
      rules: [rule('a', 1, 'm*'), rule('b', 5, '*'), rule('c', 5, 'm'), rule('d', 9, 'x')],
    })
    expect((await chat({ model: 'm' })).route).toBe('b')
    expect((await chat({ model: 'x' })).route).toBe('d')
  })

  it('with fallbacks goes on to them, each under its own model', async () => {
    const rule = {
      id: 'r',
      match: { model: 'm' },
      ...to('other', 'first'),
      fallbacks: ['openai', to('other', 'last').target],
    }
    const upstream = ({ body }: { body: Buffer }) => (body.includes('last') ? { body: {} } : { status: 503, body: {} })
    const { chat } = await routed({ rules: [rule] }, { upstream }, other)
    expect(await chat({ model: 'm' })).toMatchObject({ status: 200, to: ['other first', 'openai m', 'other last'] })
  })

  it('that nobody needs leaves every byte as it is', async () => {
    const { g } = await routed(
      { rules: [{ id: 'r', match: { model: 'm', has_tools: true }, ...to('other', 'n') }] },
      {},
      other,
    )
    await g.post(CHAT, '{ "model" : "m",  "tools":[ ], "n":1.0 }')
    expect(g.received[0]!.body.toString()).toBe('{ "model" : "m",  "tools":[ ], "n":1.0 }')
  })

  const body = { model: 'm', messages: [], metadata: { team: 'red' } }
  const image = (content: object) => ({ model: 'm', messages: [{ role: 'user', content: [content] }] })
  it.each<[string, object, object, object?, string?]>([
    ['a name', { model: 'm' }, body],
    ['one of several', { model: ['x', 'm'] }, body],
    ['a glob', { model: '?*' }, body],
    ['a regular expression', { model: '/^[k-n]$/' }, body],
    ['a regular expression in an object', { model: { regex: 'm|x' } }, body],
    ['a header', { headers: { 'X-Tier': 'paid' } }, body, { 'x-tier': 'paid' }],
    ['a header that is there', { headers: { 'x-tier': true, 'x-none': false } }, body, { 'x-tier': '' }],
    ['a query parameter', { query: { a: 'b*' } }, body, {}, '?a=bc'],
    ['a path', { path: '/v1/chat/*' }, body],
    ['a dialect', { dialect: 'openai-chat' }, body],
    ['a family of dialects', { dialect: ['anthropic', 'openai'] }, body],
    ['metadata', { metadata: { team: 'red', none: false } }, body],
    ['a number of tokens', { tokens: { min: 5, max: 50 } }, body],
    ['tools', { has_tools: true }, { ...body, tools: [{ type: 'function' }] }],
    ['no tools', { has_tools: false }, { ...body, note: 'it has no "tools"' }],
    ['an image', { has_images: true }, image({ type: 'image_url', image_url: { url: 'x' } })],
    ['no image', { has_images: false }, image({ type: 'text', text: '"image" and "input_image"' })],
    ['a stream', { stream: false }, body],
  ])('may demand %s', async (_, match, given, headers = {}, query = '') => {
    const { chat } = await routed({ rules: [{ id: 'r', match, ...to('openai') }] })
    expect((await chat(given as Record<string, unknown>, headers as Record<string, string>, query)).route).toBe('r')
  })

  it.each<[string, object]>([
    ['a name', { model: 'n' }],
    ['a glob', { model: 'm?' }],
    ['a regular expression', { model: '/^n/' }],
    ['a header', { headers: { 'x-tier': 'paid' } }],
    ['a path', { path: '/v1/messages' }],
    ['a dialect', { dialect: 'anthropic' }],
    ['metadata', { metadata: { team: 'blue' } }],
    ['tokens', { tokens: { min: 1000 } }],
    ['tools', { has_tools: true }],
    ['images', { has_images: true }],
    ['a stream', { stream: true }],
  ])('is passed over where another %s is demanded', async (_, match) => {
    const { chat } = await routed({ rules: [{ id: 'r', match, ...to('openai') }] })
    expect((await chat(body)).route).toBe('undefined')
  })

  it('for a listener knows it by name, and by the dialect it serves', async () => {
    for (const [listener, route] of [
      ['default', 'r'],
      ['openai', 'r'],
      ['anthropic', 'undefined'],
    ]) {
      const { chat } = await routed({
        rules: [{ id: 'r', listener: listener!, match: { model: 'm' }, ...to('openai') }],
      })
      expect((await chat({ model: 'm' })).route).toBe(route)
    }
  })

  it('in the short form of a config says the same', async () => {
    const { chat } = await routed(
      { rules: [{ name: 'gpt', model_pattern: '^gpt-.*', primary: 'other', fallbacks: ['openai'], priority: 10 }] },
      { upstream: ({ provider }) => (provider === 'other' ? { status: 500, body: {} } : { body: {} }) },
      other,
    )
    expect(await chat({ model: 'gpt-9' })).toMatchObject({ route: 'gpt', to: ['other gpt-9', 'openai gpt-9'] })
  })

  it('says how long an attempt may take, and what to do about what cannot be said', async () => {
    const options = { timeout_ms: 20_000, first_byte_timeout_ms: 500, strip_unsupported_tools: true }
    const h = await harness(dialects, router({ rules: [{ id: 'r', ...to('openai'), options }] }))
    const [attempt] = await h.route([], h.request({ model: 'm' }, { dialect: 'openai-chat' }))
    expect(attempt).toEqual({
      provider: 'openai',
      headers: {},
      timeouts: { total: 20_000, headers: 500 },
      dropUnsupportedTools: true,
    })
    await h.close()
  })

  it('without a model does not take along what names none', async () => {
    const { g } = await routed({ rules: [{ id: 'all', ...to('other') }] }, {}, other)
    await g.fetch('/v1/files-of-mine')
    await (await g.fetch('/v1/models')).text()
    expect(g.received.map(each => each.provider)).toEqual(['openai'])
  })

  it('in TypeScript is asked before the others', async () => {
    function byLength(request: { readonly tokens: number }) {
      return request.tokens > 50 && { target: { provider: 'other', model: 'long' } }
    }
    const { chat } = await routed({ rules: [{ id: 'r', priority: 99, ...to('openai') }, byLength] }, {}, other)
    expect(await chat({ model: 'm' })).toMatchObject({ route: 'r' })
    expect(await chat({ model: 'm', user: 'x'.repeat(300) })).toMatchObject({ route: 'byLength', to: ['other long'] })
  })

  it('in TypeScript may name its fallbacks as a file does', async () => {
    const upstream = ({ provider }: { provider: string }) =>
      provider === 'other' ? { status: 500, body: {} } : { body: {} }
    const { chat } = await routed({ rules: [() => ({ ...to('other'), fallbacks: ['openai'] })] }, { upstream }, other)
    expect(await chat({ model: 'm' })).toMatchObject({ status: 200, to: ['other m', 'openai m'] })
  })
})

describe('by default', () => {
  it.each([
    ['gpt-5.5', 'openai'],
    ['o3-mini', 'openai'],
    ['codex-mini', 'openai'],
    ['claude-opus-4-5', 'anthropic'],
    ['gemini-3-pro', 'gemini'],
  ])('%s goes to %s, through a translation where one is needed', async (model, provider) => {
    const g = await gateway({ plugins: [dialects, router(), translate()] }, { env })
    onTestFinished(() => g.close())
    for (const path of [CHAT, '/v1/messages', '/v1/responses']) {
      await (
        await g.post(path, { model, max_tokens: 5, messages: [{ role: 'user', content: 'hi' }], input: 'hi' })
      ).text()
    }
    expect(g.received.map(each => each.provider)).toEqual([provider, provider, provider])
    const home = { openai: CHAT, anthropic: '/v1/messages', gemini: `/v1beta/models/${model}:generateContent` }[
      provider
    ]
    expect(g.received.map(each => each.path)).toContain(home)
  })

  it('a model stays with who speaks its dialect where nothing translates', async () => {
    const { chat } = await routed()
    expect((await chat({ model: 'claude-opus-4-5' })).to).toEqual(['openai claude-opus-4-5'])
  })

  it('can be turned off', async () => {
    const { chat } = await routed({ default_rules: false })
    expect((await chat({ model: 'gpt-5' })).route).toBe('undefined')
  })
})

describe('an alias', () => {
  it('stands for a model, which the rules see and the provider is asked for', async () => {
    const { chat } = await routed(
      {
        aliases: { fast: 'n', far: { model: 'f', provider: 'other' }, bare: 'none' },
        rules: [{ id: 'r', match: { model: 'n' }, ...to('other') }],
      },
      {},
      other,
    )
    expect(await chat({ model: 'fast' })).toMatchObject({ route: 'r', to: ['other n'] })
    expect(await chat({ model: 'far' })).toMatchObject({ route: 'far', to: ['other f'] })
    expect(await chat({ model: 'bare' })).toMatchObject({ to: ['openai none'] })
  })
})

describe('an alias of an alias', () => {
  it('comes to what the last one says', async () => {
    const aliases = { a: 'b', b: 'c', c: { model: 'd', provider: 'other' }, x: 'y', y: 'z', self: 'self' }
    const { chat } = await routed({ aliases, rules: [{ id: 'r', match: { model: 'z' }, ...to('other') }] }, {}, other)
    expect(await chat({ model: 'a' })).toMatchObject({ to: ['other d'] })
    expect(await chat({ model: 'x' })).toMatchObject({ route: 'r', to: ['other z'] })
    expect(await chat({ model: 'self' })).toMatchObject({ to: ['openai self'] })
  })

  it.each([
    [{ a: 'b', b: 'a' }, 'is an alias of itself: a -> b -> a'],
    [{ a: 'b', b: 'c', c: { model: 'a' } }, 'is an alias of itself: b -> c -> a -> b'],
  ])('that comes back to itself is refused: %j', async (aliases, message) => {
    await expect(routed({ aliases })).rejects.toThrow(message)
  })
})

describe('a function', () => {
  it.each<[string, NonNullable<RouterOptions['rules']>[number], string]>([
    [
      'that throws',
      () => {
        throw new Error('the reason')
      },
      'the reason',
    ],
    ['that is async', (async () => ({ ...to('other') })) as never, 'answered with no { target: { provider } }'],
    ['that answers with a name', (() => 'other') as never, 'answered with no { target: { provider } }'],
  ])('%s refuses the request, and the log says why', async (_, rule, reason) => {
    const { chat, g } = await routed({ rules: [rule] }, {}, other)
    expect(await chat({ model: 'm' })).toMatchObject({ status: 500, text: expect.stringContaining('LR_PLUGIN') })
    expect(g.logs.join()).toContain(reason)
  })
})

it('fallbacks of a rule take over when the gateway’s key is refused, and not when the client’s is', async () => {
  const rules = [{ id: 'r', match: { model: 'm' }, ...to('openai'), fallbacks: ['other'] }]
  const upstream: Upstream = ({ provider }) => ({ status: provider === 'openai' ? 401 : 200, body: {} })
  const { chat } = await routed({ rules }, { upstream }, other)
  expect((await chat({ model: 'm' })).to).toEqual(['openai m', 'other m'])
  expect(await chat({ model: 'm' }, { authorization: 'Bearer sk-own' })).toMatchObject({
    status: 401,
    to: ['openai m'],
  })
})

it('the example in the README is example.config.ts, and runs', async () => {
  const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8')
  expect(read('README.md')).toContain(read('example.config.ts'))
  const g = await gateway(config, { env })
  onTestFinished(() => g.close())
  await (await g.post(CHAT, { model: 'fast', messages: [{ role: 'user', content: 'hi' }] })).text()
  expect(g.received[0]!.provider).toBe('anthropic')
  expect(JSON.parse(g.received[0]!.body.toString()).model).toBe('claude-haiku-4-5')
})
