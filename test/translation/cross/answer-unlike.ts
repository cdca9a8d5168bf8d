import {
  Collector,
  type IncomingFrame,
  isObject,
  type JsonObject,
  type NeutralError,
  type NeutralResponse,
} from 'lunaroute/neutral'
import { understood } from '../../../plugins/translate/errors.ts'
import { decode, frameOf, type PlainFrame } from '../stream-corpus.ts'
import { accountOf } from './answer-account.ts'
import { formOf } from './answer-form.ts'
import type { Received } from './answer-path.ts'
import type { Side } from './dialects.ts'

/** How many pieces of answers were looked for, and how many of them were told of as lost or changed. */
export const counted = { items: 0, told: 0 }

/** What a stream that was translated and read back says otherwise than the one that came. */
export function unlikeStream(from: Side, to: Side, frames: readonly IncomingFrame[], received: Received): string[] {
  const before = collected(from, frames)
  const after = collected(to, received.frames.map(asFrame))
  if (before.error || after.error) return [...errorsUnlike(before.error, after.error, to)]
  return answersUnlike(before.response, after.response, from, to, received)
}

/** The same of a whole answer. */
export function unlikeWhole(from: Side, to: Side, body: JsonObject, written: JsonObject, received: Received): string[] {
  const [before, after] = [from.codec.readResponse(body), to.codec.readResponse(written)]
  if (before.error || after.error) return errorsUnlike(before.error, after.error, to)
  return answersUnlike(before, after, from, to, received)
}

/** The same of an error. */
export function unlikeError(from: Side, to: Side, body: JsonObject, written: JsonObject, status: number): string[] {
  const before = understood(
    from.codec.readError(body, { status: status >= 400 ? status : undefined, get: () => undefined }),
  )
  const { status: sent, headers } = to.codec.writeError(before)
  const after = to.codec.readError(written, { status: sent, get: name => headers[name] })
  return errorsUnlike(before, understood(after), to)
}

function collected({ codec }: Side, frames: readonly IncomingFrame[]) {
  const collector = new Collector(codec.dialect)
  for (const event of decode(codec, frames)) collector.push(event)
  return collector
}

function asFrame({ event, data }: PlainFrame): IncomingFrame {
  return frameOf(data as string | object, event)
}

function answersUnlike(
  before: NeutralResponse,
  after: NeutralResponse,
  from: Side,
  to: Side,
  { diagnostics }: Received,
): string[] {
  const [here, there] = [from.codec.dialect, to.codec.dialect]
  const found: string[] = []
  const compare = (path: string, a: unknown, b: unknown): void => {
    // Where the answer said nothing, the client may be told something: an estimate, a total, an id.
    if (a === undefined || a === 'none' || JSON.stringify(a) === JSON.stringify(b)) return
    if (isObject(a) && isObject(b)) {
      for (const key of Object.keys(a)) compare(`${path}.${key}`, a[key], b[key])
    } else if (Array.isArray(a) && Array.isArray(b) && a.length <= b.length) {
      for (const [i, each] of a.entries()) compare(`${path}[${i}]`, each, b[i])
    } else found.push(`neutral ${path} ${JSON.stringify(a)?.slice(0, 200)} became ${JSON.stringify(b)?.slice(0, 200)}`)
  }
  compare('', formOf(before, here, there), formOf(after, here, there))
  const { items, told, lost, untrue } = accountOf(before, after, diagnostics)
  counted.items += items
  counted.told += told
  return [...found, ...lost, ...untrue]
}

/** What a dialect has one word for. The first column is what was, the second what it is read as. */
const KINDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'openai-chat': { billing: 'quota', cut: 'server', other: 'server' },
  'openai-responses': { billing: 'quota', cut: 'server', other: 'server' },
  'anthropic-messages': { quota: 'rateLimit', unprocessable: 'invalidRequest', cut: 'server', other: 'server' },
  gemini: {
    billing: 'invalidRequest',
    quota: 'rateLimit',
    unprocessable: 'invalidRequest',
    cut: 'server',
    other: 'server',
  },
}

function errorsUnlike(before: NeutralError | undefined, after: NeutralError | undefined, to: Side): string[] {
  if (!before || !after) return [`neutral error ${before?.kind} became ${after?.kind}`]
  const kind = KINDS[to.codec.dialect]![before.kind] ?? before.kind
  const isSame = kind === after.kind
  // The words of an overflow are those that the client acts on.
  const isSaid = before.kind === 'contextLength' || before.message === '' || after.message.includes(before.message)
  return [
    ...(isSame ? [] : [`neutral error ${before.kind} became ${after.kind}`]),
    ...(isSaid ? [] : [`neutral error "${before.message.slice(0, 80)}" became "${after.message.slice(0, 80)}"`]),
    ...(before.retryAfter === undefined || before.retryAfter === after.retryAfter
      ? []
      : [`neutral error's wait ${before.retryAfter} became ${after.retryAfter}`]),
  ]
}
