import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import headerStamp from '../docs/examples/header-stamp.config.ts'
import modelAlias from '../docs/examples/model-alias.config.ts'
import modelAliasPlugin from '../docs/examples/model-alias.ts'
import requestCount from '../docs/examples/request-count.config.ts'
import requestCountPlugin from '../docs/examples/request-count.ts'
import teamKey from '../docs/examples/team-key.config.ts'
import wordCount from '../docs/examples/word-count.config.ts'
import wordCountPlugin, { words } from '../docs/examples/word-count.ts'
import openai from '../plugins/openai/index.ts'
import type { Config } from '../src/config/define.ts'
import { chunk, type GatewayOptions, gateway, harness, wholeBody } from '../src/testing.ts'
import { until } from './support/until.ts'

const CHAT = '/v1/chat/completions'

async function start(config: Config, options: GatewayOptions = {}) {
  const g = await gateway(config, options)
  onTestFinished(() => g.close())
  return g
}

describe('the header stamp', () => {
  it("tells the provider, and changes nothing of the client's body", async () => {
    const g = await start(headerStamp)
    await g.post(CHAT, '{ "model" : "m" }')
    expect(g.received[0]!.headers['x-team']).toBe('search')
    expect(g.received[0]!.body.toString()).toBe('{ "model" : "m" }')
  })
})

describe('the word counter', () => {
  const delta = (content: string) => ({ choices: [{ delta: { content } }] })
  const counted = async (...contents: string[]) => {
    const h = await harness(openai(), wordCountPlugin())
    const exchange = h.exchange(h.request({ model: 'm' }, { dialect: 'openai-chat' }))
    for (const each of contents) h.streamChunk(chunk(delta(each)), exchange)
    await h.record(exchange)
    await h.close()
    expect(h.logs).toMatchObject([{ plugin: 'word-count', fields: { words: exchange.use(words).count } }])
    return exchange.use(words).count
  }

  it('counts words however they are cut', async () => {
    expect(await counted('one two')).toBe(2)
    expect(await counted('on', 'e t', 'wo ', ' three')).toBe(3)
    expect(await counted('', ' ', '\n')).toBe(0)
  })

  it('counts an answer that is no stream', async () => {
    const h = await harness(openai(), wordCountPlugin())
    const exchange = h.exchange()
    h.streamChunk(wholeBody({ choices: [{ message: { content: 'a b c' } }] }), exchange)
    expect(exchange.use(words).count).toBe(3)
    await h.close()
  })

  it('lets every byte of a stream pass, also what it does not understand', async () => {
    const events = [
      `data: ${JSON.stringify(delta('hello world'))}\n\n`,
      ': ping\n\n',
      'data: nonsense\n\n',
      'data: [DONE]\n\n',
    ]
    const g = await start(wordCount, { upstream: () => ({ stream: events }) })
    expect(await (await g.post(CHAT, { model: 'm', stream: true })).text()).toBe(events.join(''))
    await until(() => g.logs.some(line => line.includes('"words":2')), 'the words are logged')
  })
})

describe('the model alias', () => {
  it('replaces the model and not a byte more, in every dialect', async () => {
    const g = await start(modelAlias)
    await g.post(CHAT, '{ "model" : "fast", "n":1.0 }')
    await g.post('/v1/messages', '{"model":"smart"}', { 'anthropic-version': '2023-06-01' })
    await g.post('/v1beta/models/fast:generateContent', '{"contents":[]}')
    expect(g.received.map(each => [each.provider, each.path, each.body.toString()])).toEqual([
      ['openai', CHAT, '{ "model" : "gpt-5-mini", "n":1.0 }'],
      ['anthropic', '/v1/messages', '{"model":"claude-opus-4-5"}'],
      ['gemini', '/v1beta/models/gpt-5-mini:generateContent', '{"contents":[]}'],
    ])
  })

  it('leaves other models alone: the request stays the same object', async () => {
    const h = await harness(modelAliasPlugin({ aliases: { fast: 'm' } }))
    const request = h.request({ model: 'other' })
    expect(await h.normalize(request)).toBe(request)
    await h.close()
  })
})

describe('the team key', () => {
  const env = { OPENAI_API_KEY: 'sk-ours' }

  it('lets a team in, and sends the key of the gateway instead', async () => {
    const g = await start(teamKey, { env })
    const response = await g.post(CHAT, { model: 'm' }, { authorization: 'Bearer team-search-1' })
    expect(response.status).toBe(200)
    expect(g.received[0]!.headers['authorization']).toBe('Bearer sk-ours')
  })

  it.each([{}, { authorization: 'Bearer team-search-2' }])('refuses %j before anything is sent', async headers => {
    const g = await start(teamKey, { env })
    const response = await g.post(CHAT, { model: 'm' }, headers)
    expect([response.status, await response.json()]).toMatchObject([401, { error: { code: 'TEAM_KEY' } }])
    expect(g.received).toEqual([])
  })

  it('takes the key from wherever the dialect carries one', async () => {
    const g = await start(teamKey, { env: { GEMINI_API_KEY: 'ours' } })
    const response = await g.post('/v1beta/models/m:generateContent?key=team-search-1', {})
    expect(response.status).toBe(200)
    expect(g.received[0]).toMatchObject({
      path: '/v1beta/models/m:generateContent',
      headers: { 'x-goog-api-key': 'ours' },
    })
  })
})

describe('the request counter', () => {
  it('counts by model and answers at its own path', async () => {
    const g = await start(requestCount)
    for (const model of ['a', 'b', 'a']) await (await g.post(CHAT, { model })).text()
    let counts: unknown
    await until(async () => {
      counts = await (await g.fetch('/counts')).json()
      return JSON.stringify(counts) === '{"a":2,"b":1}'
    }, 'every request is counted')
  })

  it('goes on counting after a reload', async () => {
    const first = await harness(requestCountPlugin())
    await first.record(first.exchange(first.request({ model: 'a' })))
    const second = await first.reload(requestCountPlugin())
    await first.close()
    expect(await second.ingress(second.visit('/counts'))).toEqual({ status: 200, body: { a: 1 } })
    await second.close()
  })
})

describe('every example', () => {
  const folder = new URL('../docs/examples/', import.meta.url)
  const names = readdirSync(folder).filter(each => /^[a-z-]+\.ts$/.test(each))

  it.each(names)('%s is named as its plugin, has a config and fits on a screen', name => {
    const text = readFileSync(new URL(name, folder), 'utf8')
    const plugin = name.replace('.ts', '')
    expect(text).toContain(`name: '${plugin}'`)
    expect(text.split('\n').length).toBeLessThanOrEqual(40)
    expect(readdirSync(folder)).toContain(`${plugin}.config.ts`)
  })
})
