import OpenAI from 'openai'
import { type Client, failureOf, PARAMETERS, RESULTS, SCHEMA, TOOL_NAMES, wordsOf } from './client.ts'

type Input = OpenAI.Responses.ResponseInput
type Body = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'stream' | 'input'> & { readonly input: unknown }

/** `openai`, Responses. */
export function responsesClient(url: string): Client {
  const { responses } = new OpenAI({ apiKey: 'k', baseURL: `${url}/v1`, maxRetries: 0 })
  const hi = { role: 'user' as const, content: 'Hi' }
  const tools = TOOL_NAMES.map(name => ({ type: 'function' as const, name, parameters: PARAMETERS, strict: false }))
  const ask = (body: Body, isStream: boolean): Promise<OpenAI.Responses.Response> => {
    if (!isStream) return responses.create({ ...body, input: body.input as Input })
    return responses.stream({ ...body, input: body.input } as never).finalResponse()
  }
  const text = async (model: string) => (await ask({ model, input: 'Hi' }, false)).output_text
  const stream = async (model: string) => {
    let all = ''
    for await (const each of await responses.create({ model, input: 'Hi', stream: true })) {
      if (each.type === 'response.output_text.delta') all += each.delta
      if (each.type === 'response.failed') throw new Error(each.response.error?.message)
    }
    return all
  }
  const callsOf = ({ output }: OpenAI.Responses.Response) =>
    output.flatMap(item => (item.type === 'function_call' ? [item] : []))
  const resultsOf = (answer: OpenAI.Responses.Response) =>
    callsOf(answer).map(({ call_id, name }) => ({ type: 'function_call_output', call_id, output: RESULTS[name]! }))
  return {
    text,
    stream,
    async tools(model, isStream) {
      const first = await ask({ model, input: [hi], tools }, isStream)
      const second = [hi, ...first.output, ...resultsOf(first)]
      const again = await ask({ model, input: second, tools }, isStream)
      const third = [...second, ...again.output, ...resultsOf(again)]
      const last = await ask({ model, input: third, tools }, isStream)
      const calls = [first, again].flatMap(callsOf)
      return {
        calls: calls.map(({ name, arguments: args }) => ({ name, input: JSON.parse(args) })),
        text: last.output_text,
      }
    },
    async image(model, data) {
      const content = [
        { type: 'input_text', text: 'What is it?' },
        { type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${data}` },
      ]
      return (await ask({ model, input: [{ role: 'user', content }] }, false)).output_text
    },
    async structured(model, isStream) {
      const format = { type: 'json_schema' as const, name: 'place', schema: SCHEMA, strict: true }
      return (await ask({ model, input: 'Hi', text: { format } }, isStream)).output_text
    },
    async reasoning(model, next, isStream) {
      const body = {
        tools,
        reasoning: { effort: 'high' as const, summary: 'auto' as const },
        include: ['reasoning.encrypted_content' as const],
        store: false,
      }
      const first = await ask({ model, input: [hi], ...body }, isStream)
      const turns = [hi, ...first.output, ...resultsOf(first)]
      const last = await ask({ model, input: turns, ...body }, isStream)
      await ask({ model: next, input: turns, ...body }, isStream)
      return { shown: JSON.stringify(first.output), text: last.output_text }
    },
    async abort(model) {
      const answer = await responses.create({ model, input: 'Hi', stream: true })
      for await (const each of answer) if (each.type === 'response.output_text.delta') return answer.controller.abort()
    },
    error: model => failureOf(text(model)),
    cut: model => wordsOf(stream(model)),
  }
}
