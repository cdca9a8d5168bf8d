import type { Codec, IncomingFrame, NeutralEvent } from 'lunaroute/neutral'
import { messagesCodec } from '../../plugins/anthropic/codec/index.ts'
import { geminiCodec } from '../../plugins/gemini/codec/index.ts'
import { chatCodec } from '../../plugins/openai/codec/chat/index.ts'
import { responsesCodec } from '../../plugins/openai/codec/responses/index.ts'
import { SseParser } from '../../src/sse/parser.ts'
import { type DialectName, DIALECTS as SAMPLES } from '../support/dialects.ts'
import { headerOf } from '../support/http-message.ts'
import { isCleanEnd, type RawRequest, type RawResponse } from '../support/raw-client.ts'
import { checkMessagesStream } from '../translation/grammar/anthropic-messages.ts'
import { checkGeminiStream } from '../translation/grammar/gemini.ts'
import { checkChatStream } from '../translation/grammar/openai-chat.ts'
import { checkResponsesStream } from '../translation/grammar/openai-responses.ts'
import { frameOf, type PlainFrame, plainOf } from '../translation/stream-corpus.ts'

/** One dialect as a client uses it. */
export interface Side {
  readonly name: DialectName
  /** A dialect for the provider that is not this one. */
  readonly other: DialectName
  readonly codec: Codec
  request(model: string, isStream: boolean): RawRequest & { readonly headers: [string, string][] }
  check(frames: readonly PlainFrame[]): readonly string[]
  isError(body: unknown, status: number): boolean
}

const messages = [{ role: 'user', content: 'Hi' }]

function sideOf(
  name: DialectName,
  parts: Pick<Side, 'other' | 'codec' | 'check'> & {
    readonly ask: (model: string, isStream: boolean) => readonly [target: string, body: object]
  },
): Side {
  const { ask, ...rest } = parts
  const { isError } = SAMPLES.find(each => each.name === name)!
  return {
    name,
    isError,
    ...rest,
    request: (model, isStream) => {
      const [target, body] = ask(model, isStream)
      return { method: 'POST', target, headers: [['content-type', 'application/json']], body: JSON.stringify(body) }
    },
  }
}

export const SIDES: readonly Side[] = [
  sideOf('openai-chat', {
    other: 'anthropic-messages',
    codec: chatCodec,
    check: checkChatStream,
    ask: (model, stream) => ['/v1/chat/completions', { model, messages, stream }],
  }),
  sideOf('openai-responses', {
    other: 'gemini',
    codec: responsesCodec,
    check: checkResponsesStream,
    ask: (model, stream) => ['/v1/responses', { model, input: 'Hi', stream }],
  }),
  sideOf('anthropic-messages', {
    other: 'openai-responses',
    codec: messagesCodec,
    check: checkMessagesStream,
    ask: (model, stream) => ['/v1/messages', { model, max_tokens: 100, messages, stream }],
  }),
  sideOf('gemini', {
    other: 'openai-chat',
    codec: geminiCodec,
    check: frames => checkGeminiStream(frames as Parameters<typeof checkGeminiStream>[0]),
    ask: (model, stream) => [
      `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
      { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] },
    ],
  }),
]

/** What a client makes of what it got. */
export interface Understood {
  readonly status: number
  /** What the model said. */
  readonly text: string
  /** The client can tell that something went wrong: by the status, an error in the stream, or a broken connection. */
  readonly isFailure: boolean
  /** What is not as the dialect would have it. */
  readonly problems: readonly string[]
  readonly retryAfter: string | undefined
}

export function understand(side: Side, response: RawResponse): Understood {
  const { status, headers, body } = response
  const text = body.toString()
  const isWhole = isCleanEnd(response)
  const common = { status, retryAfter: headerOf(headers, 'retry-after') }
  if (status >= 400) {
    const problems = side.isError(parsed(text), status) ? [] : [`no error of the dialect: ${text.slice(0, 200)}`]
    if (!isWhole) problems.push(`the refusal ended by ${response.ending}`)
    return { ...common, text: '', isFailure: true, problems }
  }
  if (!headerOf(headers, 'content-type')?.includes('event-stream')) {
    const said = isWhole ? side.codec.readResponse(parsed(text) as never) : undefined
    const blocks = said?.choices.flatMap(choice => choice.content) ?? []
    const words = blocks.flatMap(block => (block.type === 'text' ? [block.text] : [])).join('')
    return { ...common, text: words, isFailure: !isWhole, problems: [] }
  }
  const frames = framesOf(body)
  const decoder = side.codec.createDecoder()
  const events: NeutralEvent[] = [...frames.flatMap(frame => decoder.push(frame)), ...decoder.end()]
  const words = events.flatMap(event => (event.type === 'textDelta' ? [event.text] : [])).join('')
  const told = events.filter(event => event.type === 'error')
  // What was cut is no whole stream, and need not follow the grammar to its end.
  const problems = isWhole ? [...side.check(plainOf(frames))] : []
  if (told.length > 1) problems.push(`${told.length} errors in one stream`)
  return { ...common, text: words, isFailure: !isWhole || told.length > 0, problems }
}

function framesOf(body: Buffer): readonly IncomingFrame[] {
  const frames: IncomingFrame[] = []
  const parser = new SseParser(frame => {
    if (frame.hasData) frames.push(frameOf(frame.data, frame.event))
  })
  parser.push(body)
  parser.end()
  return frames
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
