import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { callerSlot, definePlugin, routeSlot, statusService } from 'lunaroute'
import { type GatewayOptions, gateway, harness } from 'lunaroute/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../test/support/until.ts'
import anthropic from '../anthropic/index.ts'
import gemini from '../gemini/index.ts'
import openai from '../openai/index.ts'
import translate from '../translate/index.ts'
import config from './example.config.ts'
import router from './index.ts'

type Options = NonNullable<Parameters<typeof router>[0]>

const CHAT = '/v1/chat/completions'
const env = { OPENAI_API_KEY: 'sk-o', ANTHROPIC_API_KEY: 'sk-a', GEMINI_API_KEY: 'sk-g' }
const dialects = [openai(), anthropic(), gemini()]

/** Says which route was taken, in headers. */
const told = definePlugin({
  name: 'told',
  setup: () => ({
    route(_plan, _request, exchange) {
      const { id, reason } = exchange.use(routeSlot)
      exchange.setResponseHeader('x-route', `${id}`)
      exchange.setResponseHeader('x-reason', `${reason}`)
    },
  }),
})

async function start(options: Options = {}, more: GatewayOptions = {}, providers = {}) {
  const g = await gateway({ plugins: [dialects, router(options), told()], providers }, { env, ...more })
  onTestFinished(() => g.close())
  return {
    ...g,
    g,
    /** Sends a chat request and tells its route, and what reached which provider. */
    async chat(body: Record<string, unknown>, headers: Record<string, string> = {}, query = '') {
      const before = g.received.length
      const response = await g.post(CHAT + query, { messages: [], ...body }, headers)
      const sent = g.received.slice(before)
      return {
        status: response.status,
        route: response.headers.get('x-route'),
        reason: response.headers.get('x-reason'),
        text: await response.text(),
        to: sent.map(each => `${each.provider} ${JSON.parse(each.body.toString()).model}`),
        sent,
      }
    },
  }
}

const other = { other: { dialect: 'openai-chat', base_url: 'https://other.test/v1', api_key: 'sk-x' } }
const to = (provider: string, model?: string) => ({ target: { provider, ...(model && { model }) } })

describe('a rule', () => {
  it('sends to its target, under the model it says', async () => {
    const { chat } = await start({ rules: [{ id: 'big', match: { model: 'm' }, ...to('other', 'n') }] }, {}, other)
    expect(await chat({ model: 'm' })).toMatchObject({
      route: 'big',
      to: ['other n'],
      reason: 'the first rule that fits',
    })
    expect(await chat({ model: 'x' })).toMatchObject({ route: 'undefined', to: ['openai x'], reason: 'no rule fits' })
  })

  it('of a higher priority is asked first, and of equal ones the first', async () => {
    const rule = (id: string, priority: number, model: string) => ({ id, priority, match: { model }, ...to('openai') })
    const { chat } = await start({
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
    const { chat } = await start({ rules: [rule] }, { upstream }, other)
    expect(await chat({ model: 'm' })).toMatchObject({ status: 200, to: ['other first', 'openai m', 'other last'] })
  })

  it('that nobody needs leaves every byte as it is', async () => {
    const { g } = await start(
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
    const { chat } = await start({ rules: [{ id: 'r', match, ...to('openai') }] })
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
    const { chat } = await start({ rules: [{ id: 'r', match, ...to('openai') }] })
    expect((await chat(body)).route).toBe('undefined')
  })

  it('for a listener knows it by name, and by the dialect it serves', async () => {
    for (const [listener, route] of [
      ['default', 'r'],
      ['openai', 'r'],
      ['anthropic', 'undefined'],
    ]) {
      const { chat } = await start({
        rules: [{ id: 'r', listener: listener!, match: { model: 'm' }, ...to('openai') }],
      })
      expect((await chat({ model: 'm' })).route).toBe(route)
    }
  })

  it('in the short form of a config says the same', async () => {
    const { chat } = await start(
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
      dropUnsupported: true,
    })
    await h.close()
  })

  it('without a model does not take along what names none', async () => {
    const { g } = await start({ rules: [{ id: 'all', ...to('other') }] }, {}, other)
    await g.fetch('/v1/files-of-mine')
    await (await g.fetch('/v1/models')).text()
    expect(g.received.map(each => each.provider)).toEqual(['openai'])
  })

  it('in TypeScript is asked before the others', async () => {
    function byLength(request: { readonly tokens: number }) {
      return request.tokens > 50 && { target: { provider: 'other', model: 'long' } }
    }
    const { chat } = await start({ rules: [{ id: 'r', priority: 99, ...to('openai') }, byLength] }, {}, other)
    expect(await chat({ model: 'm' })).toMatchObject({ route: 'r' })
    expect(await chat({ model: 'm', user: 'x'.repeat(300) })).toMatchObject({ route: 'byLength', to: ['other long'] })
  })
})

describe('a thousand rules', () => {
  it('are asked in the order they would be asked one by one', async () => {
    const { RouteTable } = await import('./table.ts')
    const { compileRule } = await import('./compiled-rule.ts')
    const { Facts } = await import('./facts.ts')
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
    const { chat } = await start()
    expect((await chat({ model: 'claude-opus-4-5' })).to).toEqual(['openai claude-opus-4-5'])
  })

  it('can be turned off', async () => {
    const { chat } = await start({ default_rules: false })
    expect((await chat({ model: 'gpt-5' })).route).toBe('undefined')
  })
})

describe('an alias', () => {
  it('stands for a model, which the rules see and the provider is asked for', async () => {
    const { chat } = await start(
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

describe('an override by name', () => {
  const options = { rules: [{ id: 'r', match: { model: 'never' }, ...to('other', 'n') }] }

  it('of a rule by header or query wins over the rules, and does not leave the gateway', async () => {
    const { chat } = await start(options, {}, other)
    const byHeader = await chat({ model: 'm' }, { 'X-Luna-Route': 'r', 'x-luna-else': '1' })
    expect(byHeader).toMatchObject({ route: 'r', to: ['other n'], reason: 'asked for by X-Luna-Route' })
    const byQuery = await chat({ model: 'm' }, {}, '?a=1&route=r&b=%20')
    expect(byQuery).toMatchObject({ route: 'r', to: ['other n'] })
    expect(byQuery.sent[0]!.path).toBe(`${CHAT}?a=1&b=%20`)
    expect((await chat({ model: 'm' }, {}, '?route=r')).sent[0]!.path).toBe(CHAT)
    expect(Object.keys(byHeader.sent[0]!.headers).filter(name => name.startsWith('x-luna-'))).toEqual([])
  })

  it('of a provider sends there under the same model', async () => {
    const { chat } = await start(options, {}, other)
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
    const { chat } = await start(options, {}, other)
    const answer = await chat({ model: 'm' }, headers, query)
    expect(answer).toMatchObject({ status: 400, to: [] })
    expect(answer.text).toContain(message)
  })

  it('can be turned off, and its headers still stay here', async () => {
    const { chat } = await start({ ...options, overrides: false }, {}, other)
    const { to: reached, sent } = await chat({ model: 'm' }, { 'x-luna-route': 'r' }, '?route=r')
    expect(reached).toEqual(['openai m'])
    expect(sent[0]!.path).toBe(`${CHAT}?route=r`)
    expect(sent[0]!.headers['x-luna-route']).toBeUndefined()
  })
})

describe('routes.json', () => {
  const folder = () => {
    const path = mkdtempSync(join(tmpdir(), 'routes-'))
    onTestFinished(() => rmSync(path, { recursive: true }))
    return join(path, 'routes.json')
  }
  const sample = [
    {
      id: 'rule_01',
      priority: 100,
      listener: 'openai',
      match: { model: 'gpt-4o', headers: { 'X-User-Tier': 'paid' } },
      target: { provider: 'other', model: 'claude-3.5-sonnet' },
      fallbacks: [{ provider: 'openai', model: 'gpt-4o-mini' }],
      options: { strip_unsupported_tools: true, timeout_ms: 20_000 },
    },
    {
      id: 'rule_02',
      priority: 200,
      listener: 'anthropic',
      match: { model: 'h' },
      target: { provider: 'openai' },
      fallbacks: [],
      options: {},
    },
  ]

  it('holds rules as they are documented, as a list or under a key', async () => {
    for (const content of [sample, { rules: sample, aliases: { paid: 'gpt-4o' } }]) {
      const file = folder()
      writeFileSync(file, JSON.stringify(content))
      const { chat } = await start({ file }, {}, other)
      const answer = await chat({ model: 'gpt-4o' }, { 'x-user-tier': 'paid' })
      expect(answer).toMatchObject({ route: 'rule_01', to: ['other claude-3.5-sonnet'] })
      expect((await chat({ model: 'gpt-4o' })).route).toBe('default_openai')
    }
  })

  it('may be edited: the next request sees it, and a bad edit changes nothing', async () => {
    const file = folder()
    const write = (model: string) =>
      writeFileSync(file, JSON.stringify({ rules: [{ id: 'r', match: { model: 'm' }, ...to('other', model) }] }))
    write('one')
    const h = await harness(
      dialects,
      definePlugin({ name: 'other', providers: { other: other.other as never }, setup: () => ({}) })(),
      router({ file }),
    )
    onTestFinished(() => h.close())
    const asked = async () => (await h.route([], h.request({ model: 'm' }, { dialect: 'openai-chat' })))[0]?.model
    expect(await asked()).toBe('one')
    write('two')
    await until(async () => (await asked()) === 'two', 'the edit takes effect')
    writeFileSync(
      file,
      '{\n "rules": [\n  { "id": "r", "match": { "modle": "m" }, "target": { "provider": "other" } }\n ]\n}',
    )
    await until(() => h.logs.some(each => each.level === 'error'), 'the bad edit is refused')
    const { message } = h.logs.find(each => each.level === 'error')!
    expect(message).toContain(`${file}:3:`)
    expect(message).toContain('rule "r": unknown key "modle" (did you mean "model"?)')
    expect(await asked()).toBe('two')
  })
})
