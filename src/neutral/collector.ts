import type { Block, ReasoningPart } from './content.ts'
import type { NeutralError } from './error.ts'
import type { NeutralEvent, ReasoningDeltaEvent } from './events.ts'
import type { Choice, NeutralResponse, Stop } from './response.ts'
import type { Usage } from './usage.ts'

/** Puts a stream together into the answer it is. A stream that broke off is as much of one as came. */
export class Collector {
  readonly #dialect: string
  readonly #blocks = new Map<number, Map<number, Draft>>()
  readonly #stops = new Map<number, Stop>()
  #head: Partial<NeutralResponse> = {}
  #usage: Usage | undefined
  error: NeutralError | undefined

  constructor(dialect: string) {
    this.#dialect = dialect
  }

  push(event: NeutralEvent): void {
    switch (event.type) {
      case 'start': {
        const { id, model, createdAt, serviceTier } = event
        this.#head = { id, model, createdAt, serviceTier }
        this.#count(event.usage)
        break
      }
      case 'usage':
        this.#count(event.usage)
        break
      case 'finish':
        this.#stops.set(event.choice, event.stop)
        this.#choice(event.choice)
        break
      case 'error':
        this.error = event.error
        break
      case 'blockStart':
        this.#choice(event.choice).set(event.index, { block: event.block, texts: [] })
        break
      case 'textDelta':
      case 'inputDelta':
      case 'reasoningDelta':
      case 'state':
      case 'citation':
      case 'mediaDelta': {
        const draft = this.#choice(event.choice).get(event.index)
        if (draft) extend(draft, event)
      }
    }
  }

  get response(): NeutralResponse {
    const choices = [...this.#blocks].map(([index, blocks]): Choice => {
      const content = [...blocks].sort(([a], [b]) => a - b).map(([, draft]) => written(draft))
      return { index, content, stop: this.#stops.get(index) }
    })
    return { ...this.#head, dialect: this.#dialect, choices, usage: this.#usage }
  }

  #choice(index: number): Map<number, Draft> {
    const blocks = this.#blocks.get(index) ?? new Map<number, Draft>()
    this.#blocks.set(index, blocks)
    return blocks
  }

  #count(usage: Usage | undefined): void {
    if (!usage) return
    const given = Object.entries(usage).filter(([, value]) => value !== undefined)
    this.#usage = { ...this.#usage, ...Object.fromEntries(given) }
  }
}

/** A block under way. */
interface Draft {
  block: Block
  /** What its text goes on with. Put together once: added up one by one, it would keep each of them alive. */
  texts: string[]
}

type Delta = Extract<
  NeutralEvent,
  { type: 'textDelta' | 'inputDelta' | 'reasoningDelta' | 'state' | 'citation' | 'mediaDelta' }
>

function extend(draft: Draft, event: Delta): void {
  const { block } = draft
  const isCall = block.type === 'toolCall' || block.type === 'serverToolCall'
  if (event.type === (isCall ? 'inputDelta' : 'textDelta')) draft.texts.push(event.text)
  draft.block = extended(block, event)
}

function written({ block, texts }: Draft): Block {
  const text = texts.join('')
  switch (block.type) {
    case 'audio':
      return text === '' ? block : { ...block, transcript: (block.transcript ?? '') + text }
    case 'compaction':
      return text === '' ? block : { ...block, text: (block.text ?? '') + text }
    case 'text':
    case 'refusal':
      return { ...block, text: block.text + text }
    case 'toolCall':
    case 'serverToolCall':
      return { ...block, input: block.input + text }
    default:
      return block
  }
}

function extended(block: Block, event: Delta): Block {
  switch (event.type) {
    case 'inputDelta':
      return block
    case 'textDelta':
      if (!event.logprobs || (block.type !== 'text' && block.type !== 'refusal')) return block
      return { ...block, logprobs: [...(block.logprobs ?? []), ...event.logprobs] }
    case 'reasoningDelta':
      return block.type === 'reasoning' ? { ...block, parts: appendedParts(block.parts, event) } : block
    case 'state':
      return { ...block, state: event.state }
    case 'citation':
      return block.type === 'text' ? { ...block, citations: [...(block.citations ?? []), event.citation] } : block
    case 'mediaDelta':
      return withMedia(block, event.data)
  }
}

function withMedia(block: Block, data: string): Block {
  if (block.type !== 'audio' && block.type !== 'image') return block
  const { source } = block
  if (source?.type !== 'base64') return block
  return { ...block, source: { ...source, data: block.type === 'audio' ? source.data + data : data } }
}

/** The parts of a reasoning block with a delta's text at the end of its part. */
export function appendedParts(
  parts: readonly ReasoningPart[],
  { part, kind, text }: Pick<ReasoningDeltaEvent, 'part' | 'kind' | 'text'>,
): readonly ReasoningPart[] {
  const known = parts[part]
  if (known && known.kind === kind) return parts.with(part, { ...known, text: known.text + text })
  return [...parts, { kind, text }]
}
