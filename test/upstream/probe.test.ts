import { createServer } from 'node:net'
import { definePlugin, type PluginApi } from 'lunaroute'
import { expect, it, onTestFinished } from 'vitest'
import anthropic from '../../plugins/anthropic/index.ts'
import openai from '../../plugins/openai/index.ts'
import { startGateway } from '../support/gateway.ts'
import { listenOnFreePort } from '../support/listen.ts'
import { startUpstream } from '../support/serving.ts'

/** The api of a plugin in a gateway whose providers are at these addresses. */
async function apiFor(providers: Record<string, object>): Promise<PluginApi> {
  let found: PluginApi | undefined
  const taker = definePlugin({
    name: 'taker',
    setup(_options, api) {
      found = api
      return {}
    },
  })
  const gateway = await startGateway({ plugins: [openai(), anthropic(), taker()], providers } as never)
  onTestFinished(() => gateway.close())
  return found!
}

it('asks for the models, at the provider’s own path, with its key and what its API demands', async () => {
  const upstream = await startUpstream()
  onTestFinished(() => upstream.close())
  const api = await apiFor({
    openai: { base_url: `${upstream.url}/deep/v1`, api_keys: ['sk-first', 'sk-second'], headers: { 'x-own': 'yes' } },
    anthropic: { base_url: upstream.url, api_key: 'sk-ant' },
  })
  expect(await api.probe('openai', { timeout: 5_000 })).toMatchObject({ status: 200, milliseconds: expect.any(Number) })
  expect(await api.probe('anthropic', { timeout: 5_000, path: '/v1/other' })).toMatchObject({ status: 200 })
  expect(upstream.received).toMatchObject([
    { method: 'GET', url: '/deep/v1/models', headers: { authorization: 'Bearer sk-first', 'x-own': 'yes' } },
    { method: 'GET', url: '/v1/other', headers: { 'x-api-key': 'sk-ant', 'anthropic-version': expect.any(String) } },
  ])
})

it('says why there was no answer: nobody there, silence, an unknown name', async () => {
  const silent = createServer()
  const port = await listenOnFreePort(silent)
  onTestFinished(() => void silent.close())
  const api = await apiFor({
    openai: { base_url: `http://127.0.0.1:${port}/v1` },
    anthropic: { base_url: 'http://127.0.0.1:9' },
  })
  const [slow, refused, unknown] = await Promise.all([
    api.probe('openai', { timeout: 100 }),
    api.probe('anthropic', { timeout: 5_000 }),
    api.probe('nobody', { timeout: 5_000 }),
  ])
  expect(slow).toMatchObject({ status: undefined, reason: 'no answer in time' })
  expect(refused).toMatchObject({ status: undefined, reason: 'ECONNREFUSED' })
  expect(unknown).toMatchObject({ status: undefined, reason: 'no such provider' })
})
