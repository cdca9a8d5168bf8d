import type { Config } from '../../src/config/define.ts'
import type { HeaderLine } from './http-message.ts'

export type DialectName = 'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'gemini'

/** How a client of one dialect asks for an answer, with and without a stream, and what its provider sends back. */
export interface DialectSample {
  readonly name: DialectName
  readonly provider: 'openai' | 'anthropic' | 'gemini'
  readonly credential: HeaderLine
  target(isStream: boolean): string
  body(isStream: boolean): string
  /** The provider's answer to it. */
  readonly json: string
  readonly events: readonly string[]
  /** Whether a parsed body is this dialect's error envelope, complete and with a message. */
  isError(body: unknown, status: number): boolean
}

export const CLIENT_KEY = 'client-key-5f1c'
const BEARER: HeaderLine = ['Authorization', `Bearer ${CLIENT_KEY}`]

const chunk = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
const named = (event: { readonly type: string }): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
const part = (text: string, finishReason?: string): object => ({
  candidates: [{ content: { role: 'model', parts: [{ text }] }, ...(finishReason ? { finishReason } : {}) }],
})
const responseObject = (status: string): object => ({
  id: 'resp_1',
  object: 'response',
  status,
  model: 'm',
  output: [],
})

export const DIALECTS: readonly DialectSample[] = [
  {
    name: 'openai-chat',
    provider: 'openai',
    credential: BEARER,
    target: () => '/v1/chat/completions',
    body: isStream => JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], stream: isStream }),
    json: JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
    }),
    events: [
      chunk({ role: 'assistant', content: '' }, null),
      chunk({ content: 'hel' }, null),
      chunk({ content: 'lo' }, 'stop'),
      'data: [DONE]\n\n',
    ],
    isError: isOpenAiError,
  },
  {
    name: 'openai-responses',
    provider: 'openai',
    credential: BEARER,
    target: () => '/v1/responses',
    body: isStream => JSON.stringify({ model: 'm', input: 'hi', stream: isStream }),
    json: JSON.stringify(responseObject('completed')),
    events: [
      named({ type: 'response.created', ...{ sequence_number: 0, response: responseObject('in_progress') } }),
      named({
        type: 'response.output_text.delta',
        ...{ sequence_number: 1, item_id: 'msg_1', output_index: 0, content_index: 0, delta: 'hello' },
      }),
      named({ type: 'response.completed', ...{ sequence_number: 2, response: responseObject('completed') } }),
    ],
    isError: isOpenAiError,
  },
  {
    name: 'anthropic-messages',
    provider: 'anthropic',
    credential: ['X-Api-Key', CLIENT_KEY],
    target: () => '/v1/messages?beta=true',
    body: isStream =>
      JSON.stringify({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }], stream: isStream }),
    json: JSON.stringify({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'hello' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 1, output_tokens: 1 },
    }),
    events: [
      named({
        type: 'message_start',
        ...{
          message: {
            id: 'msg_1',
            type: 'message',
            role: 'assistant',
            model: 'm',
            content: [],
            usage: { input_tokens: 1, output_tokens: 1 },
          },
        },
      }),
      named({ type: 'content_block_start', ...{ index: 0, content_block: { type: 'text', text: '' } } }),
      named({ type: 'content_block_delta', ...{ index: 0, delta: { type: 'text_delta', text: 'hello' } } }),
      named({ type: 'content_block_stop', ...{ index: 0 } }),
      named({ type: 'message_delta', ...{ delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } } }),
      named({ type: 'message_stop' }),
    ],
    isError: body => {
      const { type, error } = (body ?? {}) as { type?: unknown; error?: { type?: unknown; message?: unknown } }
      return type === 'error' && typeof error?.type === 'string' && isSentence(error.message)
    },
  },
  {
    name: 'gemini',
    provider: 'gemini',
    credential: ['x-goog-api-key', CLIENT_KEY],
    target: isStream =>
      `/v1beta/models/gemini-2.5-flash:${isStream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: () => JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }),
    json: JSON.stringify(part('hello', 'STOP')),
    events: [part('hel'), part('lo'), part('', 'STOP')].map(event => `data: ${JSON.stringify(event)}\r\n\r\n`),
    isError: (body, status) => {
      const { error } = (body ?? {}) as { error?: { code?: unknown; message?: unknown; status?: unknown } }
      return error?.code === status && typeof error.status === 'string' && isSentence(error.message)
    },
  },
]

export function dialect(name: DialectName): DialectSample {
  return DIALECTS.find(sample => sample.name === name)!
}

/** A client's request in a dialect, ready to be sent. */
export function sampleRequest(
  sample: DialectSample,
  isStream: boolean,
): { method: 'POST'; target: string; headers: HeaderLine[]; body: string } {
  const version: HeaderLine[] = sample.provider === 'anthropic' ? [['anthropic-version', '2023-06-01']] : []
  return {
    method: 'POST',
    target: sample.target(isStream),
    headers: [['Content-Type', 'application/json'], sample.credential, ...version],
    body: sample.body(isStream),
  }
}

/** Providers that all point at one upstream, as every test of one gateway and one provider wants them. */
export function providersAt(url: string): NonNullable<Config['providers']> {
  return {
    openai: { base_url: `${url}/v1`, api_key: 'gateway-openai-key' },
    anthropic: { base_url: url, api_key: 'gateway-anthropic-key' },
    gemini: { base_url: url, api_key: 'gateway-gemini-key' },
  }
}

function isOpenAiError(body: unknown): boolean {
  const { error } = (body ?? {}) as { error?: Record<string, unknown> }
  return typeof error?.['type'] === 'string' && isSentence(error['message']) && 'param' in error && 'code' in error
}

function isSentence(message: unknown): boolean {
  return typeof message === 'string' && message.length > 10 && !/\n\s+at |\/src\/|node_modules|node:/.test(message)
}
