import { definePlugin, type PluginApi } from 'lunaroute'
import { harness } from 'lunaroute/testing'
import { expect, it, onTestFinished } from 'vitest'
import anthropic from '../plugins/anthropic/index.ts'
import gemini from '../plugins/gemini/index.ts'
import openai from '../plugins/openai/index.ts'

async function start() {
  let api: PluginApi | undefined
  const taker = definePlugin({
    name: 'taker',
    capabilities: ['credentials'],
    setup(_options, given) {
      api = given
      return {}
    },
  })
  const h = await harness(openai(), anthropic(), gemini(), taker())
  onTestFinished(() => h.close())
  return { h, api: api! }
}

it.each([
  ['openai-chat', { authorization: 'Bearer x' }, undefined, 'openai'],
  ['anthropic-messages', { 'x-api-key': 'x' }, undefined, 'anthropic'],
  ['gemini', {}, '/v1beta/models/m:generateContent?key=x', 'gemini'],
  ['openai-chat', {}, undefined, undefined],
  // Another dialect's header stays behind.
  ['openai-chat', { 'x-goog-api-key': 'x' }, undefined, undefined],
])('a credential in %s with %j %s goes to: %s', async (dialect, headers, path, target) => {
  const { h, api } = await start()
  const exchange = h.exchange(
    h.request({}, { dialect, headers: headers as Record<string, string>, ...(path && { path }) }),
  )
  expect(api.ownCredentialTarget(exchange)).toBe(target)
})

it('a credential that was meant for the gateway goes nowhere', async () => {
  const { h, api } = await start()
  const exchange = h.exchange(h.request({}, { dialect: 'openai-chat', headers: { authorization: 'Bearer x' } }))
  api.withholdCredentials(exchange)
  expect(api.ownCredentialTarget(exchange)).toBeUndefined()
})
