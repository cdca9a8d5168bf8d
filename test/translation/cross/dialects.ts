import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Codec, IncomingFrame, JsonObject } from 'lunaroute/neutral'
import { messagesCodec } from '../../../plugins/anthropic/codec/index.ts'
import { geminiCodec } from '../../../plugins/gemini/codec/index.ts'
import { chatCodec } from '../../../plugins/openai/codec/chat/index.ts'
import { responsesCodec } from '../../../plugins/openai/codec/responses/index.ts'
import { recordedStreams as geminiStreams } from '../gemini-streams.ts'
import { checkMessagesStream } from '../grammar/anthropic-messages.ts'
import { checkGeminiStream } from '../grammar/gemini.ts'
import { checkChatStream } from '../grammar/openai-chat.ts'
import { checkResponsesStream } from '../grammar/openai-responses.ts'
import { answersIn, frameOf, type PlainFrame, streamRecordings } from '../stream-corpus.ts'
import { recordedStreams, streamsIn } from '../streams.ts'
import { CHAT, GEMINI, MESSAGES, RESPONSES, type Reader } from './said.ts'

/** One dialect with all that judges it. */
export interface Side {
  readonly codec: Codec
  /** Models of its own that a request is written for: one of an older kind and one of a newer. */
  readonly models: readonly string[]
  /** The name of its schema. */
  readonly schema: string
  readonly read: Reader
  check(frames: readonly PlainFrame[]): readonly string[]
  streams(): readonly Stream[]
}

/** One recorded stream of one answer. */
export interface Stream {
  readonly id: string
  readonly frames: readonly IncomingFrame[]
}

export const SIDES: readonly Side[] = [
  {
    codec: chatCodec,
    models: ['gpt-4o', 'gpt-5.1'],
    schema: 'openai-chat',
    read: CHAT,
    check: checkChatStream,
    streams: () => streamRecordings('openai-chat'),
  },
  {
    codec: responsesCodec,
    models: ['gpt-4.1', 'gpt-5'],
    schema: 'openai-responses',
    read: RESPONSES,
    check: checkResponsesStream,
    streams: () => recordedStreams('openai-responses').flatMap(each => streamsIn(each, 'response.created')),
  },
  {
    codec: messagesCodec,
    models: ['claude-3-5-sonnet-20241022', 'claude-sonnet-4-5', 'claude-opus-4-6'],
    // Real clients of Messages send betas with every request.
    schema: 'anthropic-messages-beta',
    read: MESSAGES,
    check: checkMessagesStream,
    streams: () =>
      streamRecordings('anthropic-messages').flatMap(({ id, frames }) =>
        answersIn(frames).map((answer, i) => ({ id: i === 0 ? id : `${id}#${i}`, frames: answer })),
      ),
  },
  {
    codec: geminiCodec,
    models: ['gemini-2.5-flash', 'gemini-3-flash'],
    schema: 'gemini',
    read: GEMINI,
    check: frames => checkGeminiStream(frames as readonly { readonly data: JsonObject | string }[]),
    streams: () => geminiStreams().map(({ id, data }) => ({ id, frames: data.map(text => frameOf(text)) })),
  },
]

/** The twelve ordered pairs: who answers, and who asked. */
export const PAIRS = SIDES.flatMap(from => SIDES.filter(to => to !== from).map(to => ({ from, to })))

const folder = new URL('../../../../shared/schemas/', import.meta.url)
const validators = new Map<string, ValidateFunction>()

/** What the loosened schema of a dialect says against a message of it, if anything. */
export function invalidity(
  { schema }: Side,
  part: 'request' | 'response' | 'error',
  body: unknown,
): string | undefined {
  const key = `${schema} ${part}`
  let validate = validators.get(key)
  if (!validate) {
    const read = (file: string) => JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    ajv.addSchema(read(`relaxed/${schema}.schema.json`))
    validate = ajv.compile({ $ref: `relaxed/${read('roots.json')[schema][part]}` })
    validators.set(key, validate)
  }
  // What leaves is JSON: there are no undefined fields in it.
  if (validate(JSON.parse(JSON.stringify(body)))) return undefined
  const [worst] = [...(validate.errors ?? [])].sort((a, b) => b.instancePath.length - a.instancePath.length)
  return `${worst?.instancePath} ${worst?.message} ${JSON.stringify(worst?.params)}`
}
