import { readFileSync } from 'node:fs'
import { definePlugin, type Exchange } from 'lunaroute'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import translatePreset from '../../presets/translate.ts'
import { type RunningGateway, startGateway } from '../../test/support/gateway.ts'
import { messageEvents, type ScriptedProvider, scriptedProvider } from '../../test/support/scripted-provider.ts'
import { ANSWERS } from '../../test/translation/provider-answers.ts'
import config from './example.config.ts'
import translate, { translationSlot } from './index.ts'

const ANTHROPIC = { 'anthropic-version': '2023-06-01' }
let provider: ScriptedProvider
let gateway: RunningGateway | undefined

beforeEach(async () => {
  provider = await scriptedProvider()
})

afterEach(async () => {
  await gateway?.close()
  await provider.close()
})

describe('reasoning state', () => {
  it('of a Responses provider comes back through a Messages client, as it was and to its provider alone', async () => {
    await start('openai-responses')
    const reasoning = {
      id: 'rs_1',
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: 'Rome, then.' }],
      encrypted_content: 'ZW5jcnlwdGVk',
    }
    const { text } = ANSWERS['openai-responses']
    const output = [reasoning, ...(text as { readonly output: readonly object[] }).output]
    provider.script({ json: { ...text, output } })
    const reply = (await (await ask('/v1/messages', QUESTION, ANTHROPIC)).json()) as { readonly content: object[] }
    expect(reply.content[0]).toMatchObject({ type: 'thinking', thinking: 'Rome, then.' })
    const messages = [
      ...QUESTION.messages,
      { role: 'assistant', content: reply.content },
      { role: 'user', content: 'And?' },
    ]
    await ask('/v1/messages', { ...QUESTION, messages }, ANTHROPIC)
    const input = provider.received.at(-1)!.body.input as readonly { readonly type?: string }[]
    expect(input.find(item => item.type === 'reasoning')).toMatchObject({ encrypted_content: 'ZW5jcnlwdGVk' })
  })

  it('of a Gemini provider comes back with the calls it made, whose ids are not used again', async () => {
    await start('gemini')
    provider.script({ events: ANSWERS.gemini.tools })
    const tools = [{ name: 'weather', input_schema: { type: 'object' } }]
    const turns = await Promise.all(
      [1, 2].map(async () => {
        const text = await (await ask('/v1/messages', { ...QUESTION, tools, stream: true }, ANTHROPIC)).text()
        return [...text.matchAll(/"id":"(call_\w+)"/g)].map(([, id]) => id!)
      }),
    )
    expect(new Set(turns.flat()).size).toBe(4)
    provider.script({ json: ANSWERS.gemini.text })
    const [first, second] = turns[0]!
    const content = [
      { type: 'tool_use', id: first, name: 'weather', input: { city: 'Rome' } },
      { type: 'tool_use', id: second, name: 'time', input: {} },
    ]
    const results = content.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'fine' }))
    const messages = [...QUESTION.messages, { role: 'assistant', content }, { role: 'user', content: results }]
    await ask('/v1/messages', { ...QUESTION, messages, tools }, ANTHROPIC)
    const contents = provider.received.at(-1)!.body.contents as readonly { readonly parts: readonly object[] }[]
    expect(contents[1]!.parts[0]).toMatchObject({ functionCall: { name: 'weather' }, thoughtSignature: 'c2ln' })
    expect(contents[1]!.parts[1]).not.toHaveProperty('thoughtSignature')
  })
})

it('a free-text tool is called through a provider that has none', async () => {
  await start('anthropic-messages')
  const [begin] = ANSWERS['anthropic-messages'].tools
  provider.script({
    events: [
      begin!,
      ...messageEvents(
        {
          type: 'content_block_start',
          index: 0,
          content_block: { type: 'tool_use', id: 't1', name: 'patch', input: {} },
        },
        { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"input":"*** ' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: 'Begin\\n"}' } },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 3 } },
        { type: 'message_stop' },
      ),
    ],
  })
  const tools = [{ type: 'custom', name: 'patch', description: 'Edits.' }]
  const text = await (await ask('/v1/responses', { model: 'm', input: 'Hi', tools, stream: true })).text()
  const done = text.split('\n').find(line => line.includes('"response.completed"'))!
  expect(JSON.parse(done.slice(6)).response.output).toMatchObject([
    { type: 'custom_tool_call', name: 'patch', call_id: 't1', input: '*** Begin\n' },
  ])
  expect(provider.received[0]!.body.tools).toMatchObject([{ name: 'patch', input_schema: { required: ['input'] } }])
})

it('strict refuses a loss before anything is sent, in the words of the client', async () => {
  await start('anthropic-messages', translate({ strict: true }))
  const reply = await ask('/v1/chat/completions', { ...QUESTION, seed: 1 })
  expect(reply.status).toBe(400)
  expect(await reply.json()).toMatchObject({ error: { code: 'LR_UNSUPPORTED', param: 'seed' } })
  expect(provider.received).toEqual([])
})

it('other plugins see the chunks of the client, and the record tells what was lost', async () => {
  const seen: unknown[] = []
  const recorded: (Exchange | null)[] = []
  const watch = definePlugin({
    name: 'watch',
    setup: () => ({
      streamChunk(chunk) {
        seen.push((chunk.json() as { readonly object?: string } | undefined)?.object ?? chunk.data)
        return chunk
      },
      record: exchange => {
        recorded.push(exchange)
      },
    }),
  })
  await start('anthropic-messages', watch())
  provider.script({ events: ANSWERS['anthropic-messages'].stream.slice(0, 3), isCut: true })
  await (await ask('/v1/chat/completions', { ...QUESTION, seed: 1, stream: true })).text()
  expect(seen.slice(0, 2)).toEqual(['chat.completion.chunk', 'chat.completion.chunk'])
  expect(seen.at(-1)).toContain('broke off')
  await expect.poll(() => recorded.length).toBe(1)
  const [exchange] = recorded
  expect(exchange).toMatchObject({ outcome: 'error', attempts: [{ failure: 'cut' }] })
  expect(exchange!.use(translationSlot).last).toMatchObject({
    client: 'openai-chat',
    target: 'anthropic-messages',
    provider: 'there',
    diagnostics: [{ action: 'dropped', path: 'seed' }],
  })
})

it('a client that leaves ends the request at the provider', async () => {
  await start('anthropic-messages')
  provider.script({ events: ANSWERS['anthropic-messages'].stream.slice(0, 3), isHeld: true })
  const leaving = new AbortController()
  const reply = await ask('/v1/chat/completions', { ...QUESTION, stream: true }, {}, leaving.signal)
  await reply.body!.getReader().read()
  leaving.abort()
  await expect.poll(() => provider.aborted, { interval: 10 }).toBe(1)
})

it('the count of a provider that can count is its own', async () => {
  await start('gemini')
  provider.script({ json: { totalTokens: 42 } })
  const reply = await ask('/v1/messages/count_tokens', { model: 'm', messages: QUESTION.messages }, ANTHROPIC)
  expect(await reply.json()).toEqual({ input_tokens: 42 })
  expect(reply.headers.get('x-lunaroute-token-count')).toBeNull()
  provider.script({ status: 404, json: {} })
  const estimated = await ask('/v1/messages/count_tokens', { model: 'm', messages: QUESTION.messages }, ANTHROPIC)
  expect(estimated.status).toBe(200)
  expect(estimated.headers.get('x-lunaroute-token-count')).toBe('estimated')
})

it('what has no counterpart is refused', async () => {
  await start('anthropic-messages')
  const reply = await ask('/v1/embeddings', { model: 'm', input: 'x' })
  expect(reply.status).toBe(400)
  expect(await reply.json()).toMatchObject({ error: { code: 'LR_UNSUPPORTED' } })
})

it('the example in the README is example.config.ts, and holds this plugin', () => {
  const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8')
  expect(read('README.md')).toContain(read('example.config.ts'))
  expect(config.plugins).toContainEqual(expect.objectContaining({ name: 'translate' }))
})

const QUESTION = { model: 'm', max_tokens: 1000, messages: [{ role: 'user', content: 'Hi' }] }

async function start(dialect: string, ...plugins: readonly ReturnType<typeof translate>[]): Promise<void> {
  gateway = await startGateway({
    extends: [translatePreset],
    plugins,
    providers: { there: { dialect, base_url: provider.url, api_key: 'k' } },
    models: { '*': { provider: 'there' } },
  })
}

function ask(
  path: string,
  body: object,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  const all = { 'content-type': 'application/json', ...headers }
  const init = { method: 'POST', headers: all, body: JSON.stringify(body) }
  return fetch(gateway!.url + path, signal ? { ...init, signal } : init)
}
