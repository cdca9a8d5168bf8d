import { readFileSync } from 'node:fs'
import { ModelPatterns } from 'lunaroute'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../test/support/gateway.ts'
import { type ScriptedProvider, scriptedProvider } from '../../test/support/scripted-provider.ts'
import anthropic from '../anthropic/index.ts'
import gemini from '../gemini/index.ts'
import openai from '../openai/index.ts'
import config from './example.config.ts'
import modelMap from './index.ts'

describe('a pattern', () => {
  const patterns = new ModelPatterns([
    ['*', 'any'],
    ['gpt-*', 'gpt'],
    ['gpt-5*', 'five'],
    ['gpt-5', 'exact'],
    ['o?', 'two letters'],
    ['a.b*', 'literal'],
  ])

  it.each([
    ['gpt-5', 'exact'],
    ['gpt-5-mini', 'five'],
    ['gpt-4o', 'gpt'],
    ['o3', 'two letters'],
    ['o3-mini', 'any'],
    ['a.bc', 'literal'],
    ['axbc', 'any'],
    ['', 'any'],
  ])('for %s: the most specific wins', (name, found) => {
    expect(patterns.find(name)).toBe(found)
  })
})

describe('the map', () => {
  it('sends a model to its provider under its name there, and leaves the others alone', async () => {
    await using home = disposable(await scriptedProvider())
    await using other = disposable(await scriptedProvider())
    home.script({ json: {} })
    other.script({ json: {} })
    await using gateway = disposable<RunningGateway>(
      await startGateway({
        plugins: [openai(), modelMap()],
        providers: { openai: { base_url: home.url }, other: { dialect: 'openai-chat', base_url: other.url } },
        models: { fast: { provider: 'other', model: 'small-1' }, 'big-*': { provider: 'other' } },
      }),
    )
    for (const model of ['fast', 'big-2', 'unknown']) {
      await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model, messages: [] }),
      })
    }
    expect(other.received.map(({ body }) => body.model)).toEqual(['small-1', 'big-2'])
    expect(home.received.map(({ body }) => body.model)).toEqual(['unknown'])
  })

  it.each([
    ['/v1/chat/completions', { error: { code: 'model_not_found', type: 'invalid_request_error', param: 'model' } }],
    ['/v1/messages', { type: 'error', error: { type: 'not_found_error' } }],
  ])('that is closed answers %s for another model with a 404 and the names of those there are', async (path, body) => {
    await using home = disposable(await scriptedProvider())
    await using gateway = disposable<RunningGateway>(
      await startGateway({
        plugins: [openai(), anthropic(), modelMap({ '*': false })],
        providers: { openai: { base_url: home.url }, anthropic: { base_url: home.url } },
        models: { fast: { provider: 'openai' }, slow: { provider: 'openai' }, 'old-*': false },
      }),
    )
    const reply = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'unknown', messages: [] }),
    })
    expect(reply.status).toBe(404)
    const told = (await reply.json()) as { readonly error: { readonly message: string } }
    expect(told).toMatchObject(body)
    expect(told.error.message).toContain('the model "unknown" is not configured on this gateway: there are fast, slow')
    expect(home.received).toEqual([])
  })

  it('that names nothing and is closed lists no model', async () => {
    await using home = disposable(await scriptedProvider())
    await using gateway = disposable<RunningGateway>(
      await startGateway({
        plugins: [openai(), modelMap({ '*': false })],
        providers: { openai: { base_url: home.url } },
      }),
    )
    const reply = await fetch(`${gateway.url}/v1/models`)
    expect(await reply.json()).toEqual({ object: 'list', data: [] })
    expect(home.received).toEqual([])
  })

  it('with a provider that nobody configured is refused, with its place and what was meant', async () => {
    const started = startGateway({ plugins: [openai(), modelMap()], models: { fast: { provider: 'opnai' } } })
    await expect(started).rejects.toThrow(
      'option fast.provider of plugin "model-map": no provider is called "opnai" (did you mean "openai"?)',
    )
  })
})

describe('a question for one model', () => {
  const openaiHead = { authorization: 'Bearer k' }
  const anthropicHead = { 'anthropic-version': '2023-06-01', 'x-api-key': 'k' }
  const geminiHead = { 'x-goog-api-key': 'k' }
  let home: ScriptedProvider
  let gateway: RunningGateway

  beforeAll(async () => {
    home = await scriptedProvider()
    const base_url = home.url
    gateway = await startGateway({
      plugins: [openai(), anthropic(), gemini(), modelMap({ '*': false })],
      providers: { openai: { base_url }, anthropic: { base_url }, gemini: { base_url } },
      models: {
        'team/fast': { provider: 'openai' },
        'ft:x:y': { provider: 'openai' },
        'gpt-*': { provider: 'openai' },
      },
    })
  })

  afterAll(async () => {
    await gateway.close()
    await home.close()
  })

  const ask = (path: string, headers: Readonly<Record<string, string>>) => fetch(gateway.url + path, { headers })

  it.each([
    ['/v1/models', openaiHead, { id: 'team/fast', object: 'model', owned_by: 'openai' }],
    ['/models', openaiHead, { id: 'team/fast', object: 'model', created: expect.any(Number) }],
    ['/v1/models', anthropicHead, { type: 'model', id: 'team/fast', display_name: 'team/fast' }],
    ['/v1beta/models', geminiHead, { name: 'models/team/fast', supportedGenerationMethods: expect.any(Array) }],
  ])('%s is answered from the map, in the dialect of the client', async (path, headers, body) => {
    const reply = await ask(`${path}/team%2Ffast`, headers)
    expect(reply.status).toBe(200)
    expect(await reply.json()).toMatchObject(body)
    expect(home.received).toEqual([])
  })

  it('that a pattern fits is answered, too', async () => {
    expect(await (await ask('/v1/models/gpt-5.1', openaiHead)).json()).toMatchObject({ id: 'gpt-5.1' })
  })

  it.each([
    ['/v1/models/none', openaiHead, { error: { code: 'model_not_found', type: 'invalid_request_error' } }],
    ['/v1/models/none', anthropicHead, { type: 'error', error: { type: 'not_found_error' } }],
    ['/v1beta/models/none', geminiHead, { error: { code: 404, status: 'NOT_FOUND' } }],
  ])('%s that a closed map does not have is a 404 of the dialect', async (path, headers, body) => {
    const reply = await ask(path, headers)
    expect(reply.status).toBe(404)
    expect(await reply.json()).toMatchObject(body)
    expect(home.received).toEqual([])
  })

  it('for all of them is answered in pages where the client asks for them', async () => {
    const first = await (await ask('/v1/models?limit=1', anthropicHead)).json()
    expect(first).toMatchObject({ data: [{ id: 'team/fast' }], has_more: true, last_id: 'team/fast' })
    const second = await (await ask('/v1/models?limit=1&after_id=team%2Ffast', anthropicHead)).json()
    expect(second).toMatchObject({ data: [{ id: 'ft:x:y' }], has_more: false, first_id: 'ft:x:y' })
    const back = await (await ask('/v1/models?before_id=ft:x:y', anthropicHead)).json()
    expect(back).toMatchObject({ data: [{ id: 'team/fast' }], has_more: false })
    const page = (await (await ask('/v1beta/models?pageSize=1', geminiHead)).json()) as { nextPageToken: string }
    expect(page).toMatchObject({ models: [{ name: 'models/team/fast' }], nextPageToken: expect.any(String) })
    const last = await (await ask(`/v1beta/models?pageSize=1&pageToken=${page.nextPageToken}`, geminiHead)).json()
    expect(last).toEqual({ models: [expect.objectContaining({ name: 'models/ft:x:y' })] })
  })
})

it('the example in the README is example.config.ts, and holds this plugin', () => {
  const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8')
  expect(read('README.md')).toContain(read('example.config.ts'))
  expect(config.plugins).toContainEqual(expect.objectContaining({ name: 'model-map' }))
})

function disposable<T extends { close(): Promise<void> }>(value: T): T & AsyncDisposable {
  return Object.assign(value, { [Symbol.asyncDispose]: () => value.close() })
}
