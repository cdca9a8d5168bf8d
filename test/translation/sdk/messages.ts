import Anthropic from '@anthropic-ai/sdk'
import { type Client, failureOf, PARAMETERS, RESULTS, SCHEMA, TOOL_NAMES, wordsOf } from './client.ts'

type Body = Omit<Anthropic.MessageCreateParamsNonStreaming, 'stream' | 'messages'> & { readonly messages: unknown }

/** `@anthropic-ai/sdk`. */
export function messagesClient(url: string): Client {
  const client = new Anthropic({ apiKey: 'k', baseURL: url, maxRetries: 0 })
  const hi = { role: 'user' as const, content: 'Hi' }
  const max_tokens = 20_000
  const tools = TOOL_NAMES.map(name => ({ name, input_schema: { ...PARAMETERS, type: 'object' as const } }))
  const ask = (body: Body, isStream: boolean): Promise<Anthropic.Message> => {
    const whole = { ...body, messages: body.messages as Anthropic.MessageParam[] }
    return isStream ? client.messages.stream(whole).finalMessage() : client.messages.create(whole)
  }
  const textIn = ({ content }: Anthropic.Message) =>
    content.map(block => (block.type === 'text' ? block.text : '')).join('')
  const text = async (model: string) => textIn(await ask({ model, max_tokens: 1000, messages: [hi] }, false))
  const stream = async (model: string) => textIn(await ask({ model, max_tokens: 1000, messages: [hi] }, true))
  const callsOf = ({ content }: Anthropic.Message) =>
    content.flatMap(block => (block.type === 'tool_use' ? [block] : []))
  const turnsOf = (answer: Anthropic.Message) => [
    { role: 'assistant', content: answer.content },
    {
      role: 'user',
      content: callsOf(answer).map(({ id, name }) => ({
        type: 'tool_result',
        tool_use_id: id,
        content: RESULTS[name]!,
      })),
    },
  ]
  return {
    text,
    stream,
    async tools(model, isStream) {
      const first = await ask({ model, max_tokens: 1000, messages: [hi], tools }, isStream)
      const second = [hi, ...turnsOf(first)]
      const again = await ask({ model, max_tokens: 1000, messages: second, tools }, isStream)
      const third = [...second, ...turnsOf(again)]
      const last = await ask({ model, max_tokens: 1000, messages: third, tools }, isStream)
      const calls = [first, again].flatMap(callsOf)
      return { calls: calls.map(({ name, input }) => ({ name, input })), text: textIn(last) }
    },
    async image(model, data) {
      const source = { type: 'base64', media_type: 'image/png', data }
      const content = [
        { type: 'text', text: 'What is it?' },
        { type: 'image', source },
      ]
      return textIn(await ask({ model, max_tokens: 1000, messages: [{ role: 'user', content }] }, false))
    },
    async structured(model, isStream) {
      const output_config = { format: { type: 'json_schema' as const, schema: SCHEMA } }
      return textIn(await ask({ model, max_tokens: 1000, messages: [hi], output_config }, isStream))
    },
    async reasoning(model, next, isStream) {
      const body = { max_tokens, tools, thinking: { type: 'enabled' as const, budget_tokens: 16_000 } }
      const first = await ask({ model, messages: [hi], ...body }, isStream)
      const turns = [hi, ...turnsOf(first)]
      const last = await ask({ model, messages: turns, ...body }, isStream)
      await ask({ model: next, messages: turns, ...body }, isStream)
      return { shown: JSON.stringify(first.content), text: textIn(last) }
    },
    async abort(model) {
      const answer = await client.messages.create({ model, max_tokens: 1000, messages: [hi], stream: true })
      for await (const each of answer) if (each.type === 'content_block_delta') return answer.controller.abort()
    },
    error: model => failureOf(text(model)),
    cut: model => wordsOf(stream(model)),
  }
}
