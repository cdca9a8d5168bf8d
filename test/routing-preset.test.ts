import { afterEach, expect, it } from 'vitest'
import { type ServingGateway, serve, startUpstream, type Upstream } from './support/serving.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

/** The preset `routing` in front of an OpenAI provider that answers so, and a healthy Anthropic one. */
async function start(
  openaiStatus: number,
): Promise<{ gateway: ServingGateway; openai: Upstream; anthropic: Upstream }> {
  const openai = await startUpstream((_, response) => {
    const body = openaiStatus === 200 ? chat('from openai') : { error: { message: 'down', type: 'server_error' } }
    response.writeHead(openaiStatus, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  const anthropic = await startUpstream((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message('from anthropic')))
  })
  const gateway = await serve({
    extends: 'routing',
    providers: {
      openai: { base_url: `${openai.url}/v1`, api_key: 'k1' },
      anthropic: { base_url: anthropic.url, api_key: 'k2' },
    },
    // Options of a plugin of the preset, by its section's name.
    fallback: { chains: { 'gpt-*': [{ provider: 'anthropic', model: 'claude-haiku-4-5' }] } },
    retry: { delay_ms: 1 },
  } as object)
  open.push(gateway, openai, anthropic)
  return { gateway, openai, anthropic }
}

const ask = (gateway: ServingGateway, model: string) =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }),
  })

it('serves each model where it lives, in the dialect of the client', async () => {
  const { gateway, openai, anthropic } = await start(200)
  const gpt = await ask(gateway, 'gpt-5.5')
  expect([gpt.headers.get('x-lunaroute-provider'), await textOf(gpt)]).toEqual(['openai', 'from openai'])
  const claude = await ask(gateway, 'claude-haiku-4-5')
  expect([claude.headers.get('x-lunaroute-provider'), await textOf(claude)]).toEqual(['anthropic', 'from anthropic'])
  expect([openai.received.length, anthropic.received.length]).toEqual([1, 1])
})

it('lets another provider take over, says so, and leaves the failing one alone after a while', async () => {
  const { gateway, openai } = await start(500)
  for (let i = 0; i < 6; i++) {
    const response = await ask(gateway, 'gpt-5.5')
    expect([response.status, await textOf(response)]).toEqual([200, 'from anthropic'])
    expect(response.headers.get('x-lunaroute-provider')).toBe('anthropic')
    expect(response.headers.get('x-lunaroute-model')).toBe('claude-haiku-4-5')
  }
  const before = openai.received.length
  const last = await ask(gateway, 'gpt-5.5')
  expect([last.headers.get('x-lunaroute-attempts'), openai.received.length]).toEqual(['1', before])
  const ready = await (await fetch(`${gateway.url}/readyz`)).json()
  expect(ready).toMatchObject({ providers: expect.arrayContaining([expect.objectContaining({ name: 'openai' })]) })
  expect(JSON.stringify(ready)).toContain('open')
})

async function textOf(response: Response): Promise<string> {
  const body = (await response.json()) as { choices: { message: { content: string } }[] }
  return body.choices[0]!.message.content
}

function chat(content: string) {
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }]
  return { id: 'c', object: 'chat.completion', created: 1, model: 'gpt-5.5', choices }
}

function message(text: string) {
  const usage = { input_tokens: 1, output_tokens: 1 }
  const content = [{ type: 'text', text }]
  return {
    id: 'm',
    type: 'message',
    role: 'assistant',
    model: 'claude-haiku-4-5',
    content,
    stop_reason: 'end_turn',
    usage,
  }
}
