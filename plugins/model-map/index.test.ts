import { readFileSync } from 'node:fs'
import { ModelPatterns } from 'lunaroute'
import { describe, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../test/support/gateway.ts'
import { scriptedProvider } from '../../test/support/scripted-provider.ts'
import anthropic from '../anthropic/index.ts'
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

  it('with a provider that nobody configured is refused, with its place and what was meant', async () => {
    const started = startGateway({ plugins: [openai(), modelMap()], models: { fast: { provider: 'opnai' } } })
    await expect(started).rejects.toThrow(
      'option fast.provider of plugin "model-map": no provider is called "opnai" (did you mean "openai"?)',
    )
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
