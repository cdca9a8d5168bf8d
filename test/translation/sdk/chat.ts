import OpenAI from 'openai'
import { type Client, failureOf, PARAMETERS, RESULTS, SCHEMA, TOOL_NAMES, wordsOf } from './client.ts'

type Message = OpenAI.ChatCompletionMessageParam

/** `openai`, Chat Completions. */
export function chatClient(url: string): Client {
  const { chat } = new OpenAI({ apiKey: 'k', baseURL: `${url}/v1`, maxRetries: 0 })
  const messages: Message[] = [{ role: 'user', content: 'Hi' }]
  const tools = TOOL_NAMES.map(name => ({ type: 'function' as const, function: { name, parameters: PARAMETERS } }))
  const ask = async (body: Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'stream'>, isStream: boolean) => {
    const answer = isStream
      ? await chat.completions.stream(body as never).finalChatCompletion()
      : await chat.completions.create(body)
    return answer.choices[0]!.message
  }
  const text = async (model: string) => (await ask({ model, messages }, false)).content ?? ''
  const stream = async (model: string) => {
    let all = ''
    for await (const each of await chat.completions.create({ model, messages, stream: true })) {
      all += each.choices[0]?.delta.content ?? ''
    }
    return all
  }
  const callsOf = (message: OpenAI.ChatCompletionMessage) =>
    (message.tool_calls ?? []).flatMap(call => (call.type === 'function' ? [call] : []))
  const resultsOf = (message: OpenAI.ChatCompletionMessage): Message[] =>
    callsOf(message).map(({ id, function: { name } }) => ({ role: 'tool', tool_call_id: id, content: RESULTS[name]! }))
  return {
    text,
    stream,
    async tools(model, isStream) {
      const first = await ask({ model, messages, tools }, isStream)
      const second = [...messages, first as Message, ...resultsOf(first)]
      const again = await ask({ model, messages: second, tools }, isStream)
      const third = [...second, again as Message, ...resultsOf(again)]
      const last = await ask({ model, messages: third, tools }, isStream)
      const calls = [first, again].flatMap(callsOf)
      return {
        calls: calls.map(({ function: { name, arguments: input } }) => ({ name, input: JSON.parse(input) })),
        text: last.content ?? '',
      }
    },
    async image(model, data) {
      const content = [
        { type: 'text' as const, text: 'What is it?' },
        { type: 'image_url' as const, image_url: { url: `data:image/png;base64,${data}` } },
      ]
      return (await ask({ model, messages: [{ role: 'user', content }] }, false)).content ?? ''
    },
    async structured(model, isStream) {
      const response_format = {
        type: 'json_schema' as const,
        json_schema: { name: 'place', schema: SCHEMA, strict: true },
      }
      return (await ask({ model, messages, response_format }, isStream)).content ?? ''
    },
    async reasoning(model, next, isStream) {
      const body = { tools, reasoning_effort: 'high' as const }
      const first = await ask({ model, messages, ...body }, isStream)
      const turns = [...messages, first as Message, ...resultsOf(first)]
      const last = await ask({ model, messages: turns, ...body }, isStream)
      await ask({ model: next, messages: turns, ...body }, isStream)
      return { shown: JSON.stringify(first), text: last.content ?? '' }
    },
    async abort(model) {
      const answer = await chat.completions.create({ model, messages, stream: true })
      for await (const each of answer) if (each.choices[0]?.delta.content) return answer.controller.abort()
    },
    error: model => failureOf(text(model)),
    cut: model => wordsOf(stream(model)),
  }
}
