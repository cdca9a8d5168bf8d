import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import translatePreset from '../../presets/translate.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { type ScriptedProvider, scriptedProvider } from '../support/scripted-provider.ts'
import { ANSWERS } from './provider-answers.ts'

// Official SDKs of each dialect against a provider of each other one.

interface Call {
  readonly name: string
  readonly input: unknown
}

interface Client {
  text(model: string): Promise<string>
  stream(model: string): Promise<string>
  /** Two calls in one streamed turn, then their results; the calls and the final text. */
  tools(model: string): Promise<{ readonly calls: readonly Call[]; readonly text: string }>
  /** The status of an error. */
  error(model: string): Promise<number | undefined>
  /** The words of the error that ends a stream. */
  cut(model: string): Promise<string>
}

const DIALECTS = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const
const providers = new Map<string, ScriptedProvider>()
let gateway: RunningGateway

beforeAll(async () => {
  for (const dialect of DIALECTS) providers.set(dialect, await scriptedProvider())
  gateway = await startGateway({
    extends: [translatePreset],
    providers: Object.fromEntries(
      DIALECTS.map(dialect => [`at-${dialect}`, { dialect, base_url: providers.get(dialect)!.url, api_key: 'key' }]),
    ),
    models: Object.fromEntries(DIALECTS.map(dialect => [`model-${dialect}`, { provider: `at-${dialect}` }])),
  })
})

afterAll(async () => {
  await gateway.close()
  for (const provider of providers.values()) await provider.close()
})

for (const clientDialect of DIALECTS) {
  for (const dialect of DIALECTS.filter(each => each !== clientDialect)) {
    describe(`a client of ${clientDialect} and a provider of ${dialect}`, () => {
      const model = `model-${dialect}`
      const answers = ANSWERS[dialect]
      const client = (): Client => CLIENTS[clientDialect](gateway.url)
      const provider = () => providers.get(dialect)!

      it('exchange a text', async () => {
        provider().script({ json: answers.text })
        expect(await client().text(model)).toBe('Hello.')
      })

      it('exchange a stream', async () => {
        provider().script({ events: answers.stream })
        expect(await client().stream(model)).toBe('Hello.')
      })

      it('call two tools at once, and send their results back', async () => {
        provider().script({ events: answers.tools }, { json: answers.text })
        const { calls, text } = await client().tools(model)
        expect(calls).toEqual([
          { name: 'weather', input: { city: 'Rome' } },
          { name: 'time', input: {} },
        ])
        expect(text).toBe('Hello.')
        const sent = JSON.stringify(provider().received.at(-1)!.body)
        for (const word of ['sunny', 'noon', 'Rome']) expect(sent).toContain(word)
      })

      it('an error keeps its status', async () => {
        provider().script({ status: 429, json: answers.error })
        expect(await client().error(model)).toBe(429)
      })

      it('a stream that is cut ends in an error', async () => {
        provider().script({ events: answers.stream.slice(0, -2), isCut: true })
        expect(await client().cut(model)).toContain('broke off')
      })
    })
  }
}

const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } } }
const TOOL_NAMES = ['weather', 'time'] as const
const RESULTS: Readonly<Record<string, string>> = { weather: 'sunny', time: 'noon' }

const CLIENTS: Readonly<Record<(typeof DIALECTS)[number], (url: string) => Client>> = {
  'openai-chat'(url) {
    const { chat } = new OpenAI({ apiKey: 'k', baseURL: `${url}/v1`, maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: 'Hi' }]
    const text = async (model: string) =>
      (await chat.completions.create({ model, messages })).choices[0]!.message.content ?? ''
    const stream = async (model: string) => {
      let all = ''
      for await (const each of await chat.completions.create({ model, messages, stream: true })) {
        all += each.choices[0]?.delta.content ?? ''
      }
      return all
    }
    return {
      text,
      stream,
      async tools(model) {
        const tools = TOOL_NAMES.map(name => ({
          type: 'function' as const,
          function: { name, parameters: PARAMETERS },
        }))
        const first = await chat.completions.stream({ model, messages, tools }).finalChatCompletion()
        const { message } = first.choices[0]!
        const calls = (message.tool_calls ?? []).flatMap(call => (call.type === 'function' ? [call] : []))
        const results = calls.map(({ id, function: { name } }) => ({
          role: 'tool' as const,
          tool_call_id: id,
          content: RESULTS[name]!,
        }))
        const last = await chat.completions.create({ model, messages: [...messages, message, ...results], tools })
        return {
          calls: calls.map(({ function: { name, arguments: input } }) => ({ name, input: JSON.parse(input) })),
          text: last.choices[0]!.message.content ?? '',
        }
      },
      error: model => statusOf(text(model)),
      cut: model => wordsOf(stream(model)),
    }
  },

  'openai-responses'(url) {
    const { responses } = new OpenAI({ apiKey: 'k', baseURL: `${url}/v1`, maxRetries: 0 })
    const text = async (model: string) => (await responses.create({ model, input: 'Hi' })).output_text
    const stream = async (model: string) => {
      let all = ''
      for await (const each of await responses.create({ model, input: 'Hi', stream: true })) {
        if (each.type === 'response.output_text.delta') all += each.delta
        if (each.type === 'response.failed') throw new Error(each.response.error?.message)
      }
      return all
    }
    return {
      text,
      stream,
      async tools(model) {
        const tools = TOOL_NAMES.map(name => ({
          type: 'function' as const,
          name,
          parameters: PARAMETERS,
          strict: false,
        }))
        const first = await responses.stream({ model, input: 'Hi', tools }).finalResponse()
        const calls = first.output.flatMap(item => (item.type === 'function_call' ? [item] : []))
        const results = calls.map(({ call_id, name }) => ({
          type: 'function_call_output' as const,
          call_id,
          output: RESULTS[name]!,
        }))
        const input = [{ role: 'user' as const, content: 'Hi' }, ...first.output, ...results]
        const last = await responses.create({ model, input: input as never, tools })
        return {
          calls: calls.map(({ name, arguments: args }) => ({ name, input: JSON.parse(args) })),
          text: last.output_text,
        }
      },
      error: model => statusOf(text(model)),
      cut: model => wordsOf(stream(model)),
    }
  },

  'anthropic-messages'(url) {
    const client = new Anthropic({ apiKey: 'k', baseURL: url, maxRetries: 0 })
    const ask = { max_tokens: 1000, messages: [{ role: 'user' as const, content: 'Hi' }] }
    const textIn = (content: Anthropic.Message['content']) =>
      content.map(block => (block.type === 'text' ? block.text : '')).join('')
    const text = async (model: string) => textIn((await client.messages.create({ model, ...ask })).content)
    const stream = async (model: string) =>
      textIn((await client.messages.stream({ model, ...ask }).finalMessage()).content)
    return {
      text,
      stream,
      async tools(model) {
        const tools = TOOL_NAMES.map(name => ({ name, input_schema: { ...PARAMETERS, type: 'object' as const } }))
        const first = await client.messages.stream({ model, ...ask, tools }).finalMessage()
        const calls = first.content.flatMap(block => (block.type === 'tool_use' ? [block] : []))
        const results = calls.map(({ id, name }) => ({
          type: 'tool_result' as const,
          tool_use_id: id,
          content: RESULTS[name]!,
        }))
        const turns = [
          { role: 'assistant', content: first.content },
          { role: 'user', content: results },
        ]
        const messages = [...ask.messages, ...turns] as never
        const last = await client.messages.create({ model, max_tokens: 1000, messages, tools })
        return { calls: calls.map(({ name, input }) => ({ name, input })), text: textIn(last.content) }
      },
      error: model => statusOf(text(model)),
      cut: model => wordsOf(stream(model)),
    }
  },

  gemini(url) {
    const { models } = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url, retryOptions: { attempts: 1 } } })
    const contents = 'Hi'
    const text = async (model: string) => (await models.generateContent({ model, contents })).text ?? ''
    const stream = async (model: string) => {
      let all = ''
      for await (const each of await models.generateContentStream({ model, contents })) all += each.text ?? ''
      return all
    }
    return {
      text,
      stream,
      async tools(model) {
        const functionDeclarations = TOOL_NAMES.map(name => ({ name, parametersJsonSchema: PARAMETERS }))
        const config = { tools: [{ functionDeclarations }] }
        const parts: object[] = []
        for await (const each of await models.generateContentStream({ model, contents, config })) {
          parts.push(...(each.candidates?.[0]?.content?.parts ?? []))
        }
        const calls = parts.flatMap(part => ('functionCall' in part ? [part.functionCall as GeminiCall] : []))
        const results = calls.map(({ id, name }) => ({
          functionResponse: { ...(id && { id }), name, response: { output: RESULTS[name] } },
        }))
        const turns = [
          { role: 'user', parts: [{ text: 'Hi' }] },
          { role: 'model', parts },
          { role: 'user', parts: results },
        ]
        const last = await models.generateContent({ model, contents: turns, config })
        return { calls: calls.map(({ name, args }) => ({ name, input: args ?? {} })), text: last.text ?? '' }
      },
      error: model => statusOf(text(model)),
      cut: model => wordsOf(stream(model)),
    }
  },
}

interface GeminiCall {
  readonly id?: string
  readonly name: string
  readonly args?: unknown
}

async function statusOf(asked: Promise<unknown>): Promise<number | undefined> {
  return asked.then(
    () => undefined,
    (error: { status?: number }) => error.status,
  )
}

async function wordsOf(asked: Promise<unknown>): Promise<string> {
  return asked.then(
    () => 'no error',
    (error: unknown) => String(error instanceof Error ? error.message : error),
  )
}
