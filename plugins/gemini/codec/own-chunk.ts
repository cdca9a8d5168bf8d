import {
  type Block,
  type Extra,
  isObject,
  type JsonObject,
  type NeutralEvent,
  restore,
  shapeOf,
} from 'lunaroute/neutral'
import { writeLogprobs } from './logprobs.ts'
import { DIALECT } from './name.ts'
import { writeUsage } from './usage.ts'
import type { PartWriter } from './write-parts.ts'

interface Candidate {
  readonly index: number
  readonly extra: Extra | undefined
  readonly events: NeutralEvent[]
}

/** What all chunks of a stream say. */
export interface StreamHead {
  readonly id: string | undefined
  readonly model: string | undefined
}

/** Puts the events that were read from one chunk together again. */
export function writeOwnChunk(
  events: readonly NeutralEvent[],
  head: StreamHead,
  writer: PartWriter,
): JsonObject | string {
  const [first] = events
  if (first?.type === 'native') return isObject(first.value) ? first.value : textOf(first.value)
  const candidates: Candidate[] = []
  for (const event of events) {
    const index = shapeOf(event.extra, DIALECT, 'candidate')
    if (index !== undefined) candidates.push({ index: Number(index), extra: event.extra, events: [] })
    candidates.at(-1)?.events.push(event)
  }
  const usage = events.find(event => event.type === 'usage')?.usage
  const written: JsonObject = {
    candidates: candidates.length === 0 ? undefined : candidates.map(candidate => writeCandidate(candidate, writer)),
    usageMetadata: usage && writeUsage(usage, true),
  }
  return restore(written, first?.extra, DIALECT, { responseId: head.id, modelVersion: head.model })
}

function writeCandidate({ index, extra, events }: Candidate, writer: PartWriter): JsonObject {
  const isKept = shapeOf(extra, DIALECT, 'kept') === 'content'
  const blocks = isKept ? [] : blocksOf(events)
  const parts = writer.parts(blocks)
  const isSingle = shapeOf(extra, DIALECT, 'parts') === 'object' && parts.length === 1
  const written = {
    content: parts.length === 0 ? undefined : { parts: isSingle ? parts[0] : parts },
    logprobsResult: writeLogprobs(blocks),
  }
  const content = isKept ? {} : { 'content.role': 'model', 'content.parts': [] }
  return restore(written, extra, DIALECT, { ...content, index })
}

/** One block for every part of the chunk. The first words of a block bring the notes of its head. */
function blocksOf(events: readonly NeutralEvent[]): readonly Block[] {
  const blocks: Block[] = []
  let head: Block | undefined
  for (const event of events) {
    if (event.type === 'blockStart') {
      if (isWords(event.block)) head = event.block
      else blocks.push(event.block)
    } else if (event.type === 'blockStop') {
      // A thought that is not shown: it has no words.
      if (head) blocks.push(head)
      head = undefined
    } else {
      const block = wordsOf(event, head?.extra)
      if (block) {
        blocks.push(block)
        head = undefined
      } else change(blocks, event)
    }
  }
  return blocks
}

function wordsOf(event: NeutralEvent, extra: Extra | undefined): Block | undefined {
  if (event.type === 'textDelta') return { type: 'text', text: event.text, logprobs: event.logprobs, extra }
  if (event.type !== 'reasoningDelta') return undefined
  return { type: 'reasoning', parts: [{ kind: event.kind, text: event.text }], extra }
}

/** What is said of the last part. */
function change(blocks: Block[], event: NeutralEvent): void {
  const last = blocks.at(-1)
  if (!last) return
  if (event.type === 'state') blocks[blocks.length - 1] = { ...last, state: event.state }
  if (event.type === 'inputDelta' && last.type === 'toolCall') {
    blocks[blocks.length - 1] = { ...last, input: last.input + event.text }
  }
}

/** Whether a block's head says nothing: deltas bring its words. */
function isWords(block: Block): boolean {
  return (
    (block.type === 'text' && block.text === '') ||
    (block.type === 'reasoning' && block.parts.length === 0 && block.state === undefined)
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
