import {
  type Choice,
  Fields,
  isObject,
  type JsonObject,
  type NeutralResponse,
  type ResponseContext,
  restore,
  shapeOf,
} from 'lunaroute/neutral'
import { CallIds } from './call-ids.ts'
import { readCandidate, writeCandidate } from './candidate.ts'
import { DIALECT } from './name.ts'
import { readUsage, writeUsage } from './usage.ts'
import { PartWriter } from './write-parts.ts'

/** Reads a GenerateContentResponse. */
export function readResponse(body: JsonObject): NeutralResponse {
  const f = new Fields(body)
  f.optional('candidates', 'responseId', 'modelVersion')
  const id = f.string('responseId')
  const ids = new CallIds(callPrefix(id))
  const candidates = f.list('candidates')
  const isRead = candidates?.every(isObject)
  if (!isRead) f.leave('candidates')
  const choices = isRead ? candidates.map((candidate, i) => readCandidate(candidate, i, ids)) : []
  const blocked = choices.length === 0 ? readBlock(f) : undefined
  const usage = f.object('usageMetadata')
  return {
    dialect: DIALECT,
    id,
    model: f.string('modelVersion'),
    choices: blocked ? [blocked] : choices,
    usage: usage && readUsage(usage),
    extra: f.extra(DIALECT),
  }
}

/** Writes one. */
export function writeResponse(response: NeutralResponse, context: ResponseContext): JsonObject {
  const isOwn = response.dialect === DIALECT
  const writer = new PartWriter({ diagnostics: context.diagnostics, isOwn, destination: 'client' })
  const isBlocked = (choice: Choice) => shapeOf(choice.extra, DIALECT, 'in') === 'promptFeedback'
  const blocked = response.choices.find(isBlocked)?.stop
  const candidates = response.choices.filter(choice => !isBlocked(choice))
  const written = {
    candidates: candidates.length === 0 ? undefined : candidates.map(choice => writeCandidate(choice, writer, isOwn)),
    promptFeedback: blocked && { blockReason: blocked.native, blockReasonMessage: blocked.message },
    usageMetadata: response.usage && writeUsage(response.usage, isOwn),
    responseId: isOwn ? response.id : context.id(''),
    modelVersion: isOwn ? response.model : context.model,
  }
  return restore(written, response.extra, DIALECT, { candidates: [] })
}

/** How ids are made for calls without one: the answer's own id keeps them apart from those of other turns. */
export function callPrefix(responseId: string | undefined): string {
  return responseId === undefined ? 'call_' : `call_${responseId.replace(/[^A-Za-z0-9_-]/g, '_')}_`
}

/** A prompt that was blocked has no candidates: the neutral form gives it an empty answer that says so. */
export function readBlock(f: Fields): Choice | undefined {
  if (!isObject(f.peek('promptFeedback'))) return undefined
  const feedback = f.nested('promptFeedback')
  const native = feedback?.string('blockReason')
  if (feedback === undefined || native === undefined) return undefined
  const stop = { reason: 'filter', native, message: feedback.string('blockReasonMessage') } as const
  return { index: 0, content: [], stop, extra: { [DIALECT]: { shapes: { in: 'promptFeedback' } } } }
}
