import {
  type Block,
  Fields,
  type JsonObject,
  type NeutralResponse,
  type ResponseContext,
  restore,
  type Stop,
  type StopReason,
} from 'lunaroute/neutral'
import { echoOf } from './echo.ts'
import { failureOf, readErrorFields } from './error.ts'
import { DIALECT } from './name.ts'
import { readOutputItem } from './read-items.ts'
import { readUsage, writeUsage } from './usage.ts'
import { writeModelItems } from './write-items.ts'

const DEFAULTS = { object: 'response', status: 'completed', error: null, incomplete_details: null, output: [] }
const FOREIGN_DEFAULTS = { ...DEFAULTS, usage: null }

const INCOMPLETE: Readonly<Partial<Record<StopReason, string>>> = {
  length: 'max_output_tokens',
  contextFull: 'max_output_tokens',
  filter: 'content_filter',
}

/** The parts of a response that a stream has from other events. */
export type ResponseHead = Omit<NeutralResponse, 'dialect' | 'choices' | 'extra'> & { readonly stop?: Stop | undefined }

/** Reads a response. */
export function readResponse(body: JsonObject): NeutralResponse {
  const f = new Fields(body)
  const { stop: _, ...head } = readHead(f)
  const content = (f.list('output') ?? []).flatMap(readOutputItem)
  const stop = readStop(f, head.status, content)
  const choices = [{ index: 0, content, stop }]
  return { dialect: DIALECT, ...head, choices, extra: f.extra(DIALECT) }
}

/** Reads everything but the output, and takes it from the fields. */
export function readHead(f: Fields): ResponseHead {
  f.constant('object', DEFAULTS.object)
  f.optional(...Object.keys(DEFAULTS))
  const usage = f.object('usage')
  const e = f.nested('error')
  const error = e && readErrorFields(e)
  return {
    id: f.string('id'),
    model: f.string('model'),
    createdAt: f.number('created_at'),
    usage: usage && readUsage(usage),
    serviceTier: f.string('service_tier'),
    status: f.string('status'),
    error,
  }
}

/** Why the model stopped; undefined while it has not. Takes `incomplete_details`. */
export function readStop(f: Fields, status: string | undefined, content: readonly Block[]): Stop | undefined {
  const native = f.nested('incomplete_details')?.string('reason')
  if (status === 'incomplete') return { reason: incompleteReason(native), native }
  if (status === 'failed' || status === 'cancelled') return { reason: 'error', native }
  if (status === 'queued' || status === 'in_progress') return undefined
  if (content.some(block => block.type === 'toolCall')) return { reason: 'toolCalls', native }
  return { reason: content.some(block => block.type === 'refusal') ? 'refusal' : 'stop', native }
}

/** Writes a response. */
export function writeResponse(response: NeutralResponse, context: ResponseContext): JsonObject {
  const isOwn = response.dialect === DIALECT
  const [choice] = response.choices
  const id = isOwn ? undefined : context.id
  const items = writeModelItems(choice?.content ?? [], { diagnostics: context.diagnostics, profile: {}, isOwn, id })
  const head = isOwn
    ? withStatus(response, choice?.stop)
    : { ...response, id: context.id('resp_'), model: context.model }
  const stop = isOwn ? choice?.stop : asWords(choice?.stop, choice?.content ?? [])
  const written = writeHead({ ...head, createdAt: head.createdAt ?? (isOwn ? undefined : context.now()), stop }, isOwn)
  const output = items.length === 0 ? undefined : items
  if (isOwn) return restore({ ...written, output }, response.extra, DIALECT, DEFAULTS)
  return restore({ ...echoOf(context.request), ...written, output }, undefined, DIALECT, FOREIGN_DEFAULTS)
}

/** An answer put together from a stream has no status of its own: its end tells. */
function withStatus(response: NeutralResponse, stop: Stop | undefined): NeutralResponse {
  const isCollected = response.status === undefined && response.extra === undefined
  return isCollected ? { ...response, status: statusOf({ stop, error: response.error }) } : response
}

/** A refusal says so in a part of its own; one without words is an answer that was filtered. */
export function asWords(stop: Stop | undefined, content: readonly Block[]): Stop | undefined {
  if (stop?.reason !== 'refusal' || content.some(block => block.type === 'refusal')) return stop
  return { ...stop, reason: 'filter' }
}

/** Writes everything but the output. */
export function writeHead(head: ResponseHead, isOwn: boolean): JsonObject {
  const { stop, usage, error } = head
  const reason = isOwn ? stop?.native : stop && INCOMPLETE[stop.reason]
  return {
    id: head.id,
    created_at: head.createdAt,
    status: isOwn ? head.status : statusOf(head),
    model: head.model,
    error: isOwn ? error && ownError(error) : failureIn(head),
    incomplete_details: reason === undefined ? undefined : { reason },
    usage: usage && writeUsage(usage),
    service_tier: isOwn ? head.serviceTier : undefined,
  }
}

/** What went wrong with a foreign answer: one that failed says what. */
function failureIn({ error, stop }: ResponseHead): JsonObject | undefined {
  if (error) return failureOf(error)
  return stop?.reason === 'error' ? failureOf({ kind: 'server', message: stop.message ?? '' }) : undefined
}

/** The status of a foreign answer. */
export function statusOf({ stop, error }: ResponseHead): string {
  if (error || stop?.reason === 'error') return 'failed'
  return stop && INCOMPLETE[stop.reason] ? 'incomplete' : 'completed'
}

function ownError({ message, code, type, param }: NonNullable<ResponseHead['error']>): JsonObject {
  return { code, message: message === '' ? undefined : message, type, param }
}

function incompleteReason(native: string | undefined): StopReason {
  // Without a reason it still is no whole answer.
  if (native === undefined || native === 'max_output_tokens') return 'length'
  return native === 'content_filter' ? 'filter' : 'other'
}
