import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningGateway, startGateway } from '../../test/support/gateway.ts'
import { type ScriptedProvider, scriptedProvider } from '../../test/support/scripted-provider.ts'
import { answer } from '../../test/translation/recorded-answers.ts'

const ask = { model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: 'Hi' }] }
let chat: ScriptedProvider
let messages: ScriptedProvider
let gateway: RunningGateway

beforeAll(async () => {
  chat = await scriptedProvider()
  messages = await scriptedProvider()
  gateway = await startGateway({
    extends: ['translate'],
    translate: { strict: true },
    providers: {
      chatty: { dialect: 'openai-chat', base_url: `${chat.url}/v1`, api_key: 'chat-key' },
      wordy: { dialect: 'anthropic-messages', base_url: messages.url, api_key: 'messages-key' },
    },
    models: { 'gpt-*': { provider: 'chatty' }, 'claude-*': { provider: 'wordy' } },
  } as object)
})

afterAll(async () => {
  await gateway.close()
  await chat.close()
  await messages.close()
})

it('options may stand in a section of a config that names a preset alone', async () => {
  const reply = await post('/v1/chat/completions', { ...ask, seed: 1 })
  expect(await reply.json()).toMatchObject({ error: { code: 'LR_UNSUPPORTED', param: 'seed' } })
})

it("the provider's id of a request is where the client's SDK looks for it", async () => {
  messages.script({ json: answer, headers: { 'request-id': 'req_up' } })
  const openai = new OpenAI({ apiKey: 'k', baseURL: `${gateway.url}/v1`, maxRetries: 0 })
  expect((await openai.chat.completions.create(ask as never))._request_id).toBe('req_up')
  const anthropic = new Anthropic({ apiKey: 'k', baseURL: gateway.url, maxRetries: 0 })
  const body = { model: 'gpt-5', max_tokens: 9, messages: ask.messages } as never
  chat.script({ status: 400, headers: { 'x-request-id': 'req_1' }, json: { error: { message: 'no', type: 'x' } } })
  const error = await anthropic.messages.create(body).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ requestID: 'req_1', error: { request_id: 'req_1' } })
})

it('a 529 of a server that speaks Chat says that it is overloaded', async () => {
  chat.script({ status: 529, json: { error: { message: 'busy', type: 'error', code: null } } })
  const reply = await post('/v1/messages', { ...ask, model: 'gpt-5', max_tokens: 9 })
  expect(reply.status).toBe(529)
  expect(await reply.json()).toMatchObject({ error: { type: 'overloaded_error', message: 'busy' } })
})

function post(path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(gateway.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
}
