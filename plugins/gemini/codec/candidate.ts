import { type Choice, Fields, type JsonObject, restore, shapeOf } from 'lunaroute/neutral'
import type { CallIds } from './call-ids.ts'
import { finishReason, hasCalls, readStop } from './finish.ts'
import { readGrounding, writeGrounding } from './grounding.ts'
import { readLogprobs, writeLogprobs } from './logprobs.ts'
import { DIALECT } from './name.ts'
import { readParts } from './read-contents.ts'
import type { PartWriter } from './write-parts.ts'

/** Reads a candidate. */
export function readCandidate(native: JsonObject, position: number, ids: CallIds): Choice {
  const c = new Fields(native)
  c.optional('index', 'content')
  const content = c.nested('content')
  content?.constant('role', 'model')
  content?.optional('role')
  const blocks = content ? readParts(content, undefined, ids) : []
  const stop = readStop(c, hasCalls(blocks))
  const cited = readGrounding(c.peek('groundingMetadata'), readLogprobs(c, blocks))
  return { index: c.number('index') ?? position, content: cited, stop, extra: c.extra(DIALECT) }
}

/** Writes a candidate. */
export function writeCandidate(choice: Choice, writer: PartWriter, isOwn: boolean): JsonObject {
  const { content, stop, extra, index } = choice
  const parts = writer.parts(content)
  const isSingle = shapeOf(extra, DIALECT, 'parts') === 'object' && parts.length === 1
  const written: JsonObject = {
    content: parts.length === 0 ? undefined : { parts: isSingle ? parts[0] : parts },
    finishReason: stop && finishReason(stop, isOwn, shapeOf(extra, DIALECT, 'finishReason')),
    finishMessage: stop?.message,
    groundingMetadata: isOwn ? undefined : writeGrounding(content),
    logprobsResult: writeLogprobs(content),
  }
  const defaults = { 'content.parts': [], 'content.role': 'model', index }
  return restore(written, extra, DIALECT, defaults)
}
