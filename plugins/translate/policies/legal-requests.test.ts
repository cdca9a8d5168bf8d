import type { ToolDefinition } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { sent } from '../../../test/translation/cross/request-path.ts'
import { messagesCodec } from '../../anthropic/codec/index.ts'
import { chatCodec } from '../../openai/codec/chat/index.ts'
import { responsesCodec } from '../../openai/codec/responses/index.ts'
import { actions, apply, assistant, text, user } from './apply-support.ts'

const tool = (name: string): ToolDefinition => ({ type: 'function', name, at: `tools.${name}` })
const allowed = (mode: 'auto' | 'required', ...names: string[]) =>
  ({ type: 'allowed', mode, tools: names.map(name => ({ type: 'reference', name }) as const) }) as const

describe('a choice among some tools, for a provider that cannot narrow them', () => {
  const profile = { tools: { hasAllowedChoice: false } }

  it('is said by declaring those alone', () => {
    const tools = [tool('a'), tool('b'), tool('c')]
    const { request, diagnostics } = apply({ tools, toolChoice: allowed('auto', 'c', 'a') }, { profile })
    expect(request.tools?.map(each => 'name' in each && each.name)).toEqual(['a', 'c'])
    expect(request.toolChoice).toEqual({ type: 'auto' })
    expect(actions(diagnostics)).toEqual(['changed toolChoice', 'changed tools.b'])
  })

  it('of which one must be used is the choice of it', () => {
    const { request } = apply({ tools: [tool('a'), tool('b')], toolChoice: allowed('required', 'b') }, { profile })
    expect(request.toolChoice).toMatchObject({ type: 'tool', tool: { name: 'b' } })
  })

  it('of which several must be used is that one must be', () => {
    const { request } = apply({ tools: [tool('a'), tool('b')], toolChoice: allowed('required', 'b', 'a') }, { profile })
    expect(request.toolChoice).toEqual({ type: 'required' })
  })
})

describe('a conversation that begins with the assistant', () => {
  const messages = [user(text(' ')), assistant(text('Hello.')), user(text('Hi'))]

  it('gets a word of the user first where the provider wants one', () => {
    const { request, diagnostics } = apply({ messages }, { profile: { needsUserFirst: true } })
    expect(request.messages.map(({ role }) => role)).toEqual(['user', 'user', 'assistant', 'user'])
    expect(actions(diagnostics)).toEqual(['changed messages'])
  })

  it('stays as it is elsewhere', () => {
    expect(apply({ messages }).request.messages).toEqual(messages)
  })
})

it('JSON without a schema is asked for in words where there is no such mode', () => {
  const profile = { structuredOutput: 'native', hasJsonMode: false } as const
  const { request, diagnostics } = apply({ output: { format: { type: 'json' } } }, { profile })
  expect(request.output?.format).toBeUndefined()
  expect(JSON.stringify(request.messages[0])).toContain('JSON')
  expect(actions(diagnostics)).toEqual(['changed output.format'])
})

describe('over the wire', () => {
  const side = (codec: unknown) => ({ codec }) as never
  const [CHAT, RESPONSES, MESSAGES] = [side(chatCodec), side(responsesCodec), side(messagesCodec)]
  const weather = { name: 'weather', input_schema: { type: 'object', properties: {} } }

  it('a choice of tools does not stand beside none, whose only tool the target lacks', () => {
    const body = {
      max_tokens: 9,
      messages: [{ role: 'user', content: 'q' }],
      tools: [{ type: 'memory_20250818', name: 'memory' }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
    }
    for (const to of [CHAT, RESPONSES]) {
      const { body: written, diagnostics } = sent(MESSAGES, to, 'gpt-5.1', body)
      expect(written).not.toHaveProperty('tool_choice')
      expect(written).not.toHaveProperty('parallel_tool_calls')
      expect(actions(diagnostics)).toContain('dropped tool_choice')
    }
    const image = { tools: [{ type: 'image_generation' }], tool_choice: 'auto', input: 'q' }
    expect(sent(RESPONSES, MESSAGES, 'claude-opus-4-6', image).body).not.toHaveProperty('tool_choice')
  })

  it('texts without words are left out of Messages, which refuses them', () => {
    const messages = [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: ' \n' },
      { role: 'user', content: 'r' },
    ]
    const { body, diagnostics } = sent(CHAT, MESSAGES, 'claude-3-5-sonnet-20241022', { messages })
    expect(JSON.stringify(body.messages)).not.toContain('\\n')
    expect(actions(diagnostics)).toEqual(['changed messages[1].content'])
  })

  it('a document made of texts is those texts to OpenAI, in results too', () => {
    const found = { type: 'search_result', source: 'https://s', title: 'T', content: [{ type: 'text', text: 'found' }] }
    const messages = [
      { role: 'user', content: [found] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'weather', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: [found] }] },
    ]
    for (const to of [CHAT, RESPONSES]) {
      const { body, diagnostics } = sent(MESSAGES, to, 'gpt-5.1', { messages, tools: [weather] })
      expect(JSON.stringify(body).split('found')).toHaveLength(3)
      expect(actions(diagnostics)).toContain('dropped messages[0].content[0].source')
    }
  })

  it('several answers are refused by Responses, which gives one', () => {
    const body = { messages: [{ role: 'user', content: 'q' }], n: 2 }
    expect(() => sent(CHAT, RESPONSES, 'gpt-5', body)).toThrow(expect.objectContaining({ status: 400, param: 'n' }))
  })

  it('a call without arguments has an empty object for them in Chat', () => {
    const input = [
      { type: 'function_call', call_id: 'c', name: 'weather', arguments: '' },
      { type: 'function_call_output', call_id: 'c', output: 'fine' },
    ]
    expect(JSON.stringify(sent(RESPONSES, CHAT, 'gpt-5', { input }).body)).toContain('"arguments":"{}"')
  })

  it('what is unknown within a field that is known is told of by its own path', () => {
    const body = { input: 'q', reasoning: { effort: 'high', context: 'auto' } }
    const { diagnostics } = sent(RESPONSES, CHAT, 'gpt-5', body)
    expect(actions(diagnostics)).toEqual(['dropped reasoning.context'])
  })
})
