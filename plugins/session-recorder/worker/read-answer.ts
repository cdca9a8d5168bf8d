import type { ResponseHead } from 'lunaroute'
import {
  type Block,
  type Codec,
  Collector,
  createFramer,
  type Decoder,
  type Diagnostics,
  isObject,
  type JsonObject,
  type NeutralError,
  type NeutralRequest,
  type NeutralResponse,
} from 'lunaroute/neutral'
import type { RecordedEnd, RecordedHead } from '../frames.ts'
import { bodyOf, decoded, isDeep, type Unzstd } from './content.ts'

/** An answer as far as it can be read. */
export interface ReadAnswer {
  readonly json: unknown
  readonly neutral: NeutralResponse | undefined
  /** Whether it came event by event. A body of unknown length is no stream. */
  readonly isStream: boolean
  /** The provider's, from a refusal or from inside a stream. */
  readonly error: NeutralError | undefined
  /** Whether a stream came to its proper end, or a body was whole. */
  readonly isComplete: boolean
  /** Something was there that could not be understood. */
  readonly isUnreadable: boolean
}

/** Reads what went to the client; what broke off as far as it came. Throws nothing. */
export function readAnswer(
  head: RecordedHead,
  end: RecordedEnd,
  bytes: Buffer,
  codec: Codec | undefined,
  request: NeutralRequest | undefined,
  unzstd: Unzstd,
): ReadAnswer {
  let body: Buffer
  try {
    body = decoded(bytes, end.headers['content-encoding'], unzstd)
  } catch {
    const unread = { json: bodyOf(bytes), neutral: undefined, error: undefined }
    return { ...unread, isStream: formOf(head, end) !== 'body', isComplete: false, isUnreadable: true }
  }
  const reader = head.operation === 'generate' ? codec : undefined
  const form = formOf(head, end)
  const isStream = form !== 'body'
  if (head.operation === 'embeddings') {
    const read = readBody(end, body, undefined, codec)
    return { ...read, neutral: usageIn(read.json, codec), isStream }
  }
  if (!isStream || !reader) return { ...readBody(end, body, reader, codec), isStream }
  const collector = new Collector(reader.dialect)
  const isComplete = collect(form, body, reader.createDecoder(), collector)
  const { error, response } = collector
  const isEmpty = response.choices.length === 0 && response.usage === undefined
  if (isEmpty && error?.kind === 'cut') {
    return { json: bodyOf(body), neutral: undefined, error, isStream, isComplete, isUnreadable: body.length > 0 }
  }
  const json = written(error ? { ...response, error } : response, reader, request, head.id)
  const neutral = json ? { ...response, status: statusIn(json, reader) } : response
  return { json: json ?? bodyOf(body), neutral, error, isStream, isComplete, isUnreadable: json === undefined }
}

/** The dialect's own word for how the answer stands, which events do not have. */
function statusIn(json: JsonObject, reader: Codec): string | undefined {
  try {
    return reader.readResponse(json).status
  } catch {
    return undefined
  }
}

function formOf({ stream }: RecordedHead, { status, headers }: RecordedEnd): 'sse' | 'json-array' | 'body' {
  if (status >= 400) return 'body'
  const type = headers['content-type'] ?? ''
  if (/\btext\/event-stream\b/i.test(type)) return 'sse'
  return stream === 'json-array' ? 'json-array' : 'body'
}

function readBody(
  { status, headers }: RecordedEnd,
  bytes: Buffer,
  reader: Codec | undefined,
  codec: Codec | undefined,
): Omit<ReadAnswer, 'isStream'> {
  const json = bodyOf(bytes)
  const answer = { json, neutral: undefined, error: undefined, isComplete: true, isUnreadable: false }
  try {
    if (status >= 400) {
      return { ...answer, error: codec?.readError(json ?? '', headOf(status, headers)) }
    }
    if (reader && isObject(json)) {
      const neutral = reader.readResponse(json)
      return { ...answer, neutral, error: neutral.error }
    }
  } catch {
    return { ...answer, isUnreadable: true }
  }
  return { ...answer, isComplete: !reader, isUnreadable: reader !== undefined && bytes.length > 0 }
}

/** What an answer that is no model's words tells of tokens. */
function usageIn(json: unknown, codec: Codec | undefined): NeutralResponse | undefined {
  try {
    return codec && isObject(json) ? { ...codec.readResponse(json), choices: [] } : undefined
  } catch {
    return undefined
  }
}

function headOf(status: number, headers: Readonly<Record<string, string>>): ResponseHead {
  return { status, get: name => headers[name], names: () => Object.keys(headers) }
}

/** True where the stream came to its proper end. */
function collect(form: 'sse' | 'json-array', body: Buffer, decoder: Decoder, collector: Collector): boolean {
  let isEnded = false
  const push = (events: ReturnType<Decoder['end']>): void => {
    for (const event of events) {
      collector.push(event)
      if (event.type === 'end') isEnded = true
    }
  }
  try {
    const framer = createFramer(form, chunk => push(decoder.push(chunk)))
    framer.push(body)
    framer.end()
    push(decoder.end())
  } catch {
    // What has been collected until then is what is known.
    return false
  }
  return isEnded
}

/** The answer that a stream amounts to, in the client's dialect. Undefined where the dialect cannot say it. */
function written(
  response: NeutralResponse,
  codec: Codec,
  request: NeutralRequest | undefined,
  id: string,
): JsonObject | undefined {
  let count = 0
  try {
    const json = codec.writeResponse(response, {
      diagnostics: SILENT,
      request: request ?? { dialect: codec.dialect, messages: [] },
      model: response.model ?? request?.model ?? '',
      now: () => response.createdAt ?? 0,
      id: prefix => `${prefix}${id}_${count++}`,
    })
    return isDeep(json) ? undefined : json
  } catch {
    return undefined
  }
}

const SILENT: Diagnostics = {
  isStrict: false,
  dropped: () => undefined,
  changed: () => undefined,
  refused(path, reason) {
    throw new Error(`${path}: ${reason}`)
  },
}

/** What the model wrote, in all answers there are. */
export function blocksOf(response: NeutralResponse | undefined): readonly Block[] {
  return response?.choices.flatMap(choice => choice.content) ?? []
}

/** The text of the answer; the model's words of refusal where there is nothing else. */
export function answerText(response: NeutralResponse | undefined): string {
  const texts = (response?.choices ?? []).map(({ content }) => {
    const text = content.flatMap(block => (block.type === 'text' ? [block.text] : [])).join('')
    if (text !== '') return text
    return content
      .flatMap(block => {
        if (block.type === 'refusal') return [block.text]
        return block.type === 'audio' ? [block.transcript ?? ''] : []
      })
      .join('')
  })
  return texts.filter(text => text !== '').join('\n')
}
