import type { Block, JsonObject, NeutralEvent, ReasoningBlock, Stop, TextBlock } from 'lunaroute/neutral'
import { writeTokens } from './logprobs.ts'
import type { PartWriter } from './write-parts.ts'

/** An event about one block. */
export type BlockEvent = Extract<NeutralEvent, { readonly index: number }>

/** Parts that go out together, with what the candidate says beside them. */
export interface Pieces {
  readonly parts: readonly unknown[]
  readonly beside?: JsonObject
}

interface Entry {
  block: Block
  readonly index: number
  readonly waiting: BlockEvent[]
  hasWords: boolean
  part: number
}

/**
 * Writes the blocks of one answer. Gemini's parts have no numbers: what is begun later waits until what was begun before
 * it is complete. Texts and thoughts go out as they come; everything else is one part and waits for its end.
 */
export class ChoiceEncoder {
  readonly #writer: PartWriter
  /** In the order of their start; the first is the one that is written. */
  readonly #queue: Entry[] = []
  /** The answer's texts with their citations, which Gemini tells at the end. */
  readonly texts: TextBlock[] = []
  stop: Stop | undefined

  constructor(writer: PartWriter) {
    this.#writer = writer
  }

  push(event: BlockEvent): readonly Pieces[] {
    if (event.type === 'blockStart') {
      const entry = { block: event.block, index: event.index, waiting: [], hasWords: false, part: 0 }
      this.#queue.push(entry)
      return this.#queue[0] === entry ? this.#open(entry) : []
    }
    const entry = this.#queue.find(({ index }) => index === event.index)
    if (!entry) return []
    if (this.#queue[0] === entry) return this.#write(entry, event)
    entry.waiting.push(event)
    return []
  }

  /** What is left of blocks that nobody ended. */
  close(): readonly Pieces[] {
    const pieces: Pieces[] = []
    for (let entry = this.#queue[0]; entry; entry = this.#queue[0]) {
      pieces.push(...this.#write(entry, { type: 'blockStop', choice: 0, index: entry.index }))
    }
    return pieces
  }

  #open(entry: Entry): readonly Pieces[] {
    const { block } = entry
    if (block.type === 'reasoning') return this.#say(entry, block.parts.map(part => part.text).join('\n\n'))
    if (block.type === 'text') this.texts.push({ type: 'text', text: '', citations: block.citations })
    return block.type === 'text' || block.type === 'refusal' ? this.#say(entry, block.text) : []
  }

  #write(entry: Entry, event: BlockEvent): readonly Pieces[] {
    const { block } = entry
    switch (event.type) {
      case 'blockStop':
        return this.#close(entry)
      case 'state':
        entry.block = { ...block, state: event.state }
        return []
      case 'textDelta':
        if (block.type === 'text' || block.type === 'refusal') {
          const beside = event.logprobs && { logprobsResult: writeTokens(event.logprobs) }
          return this.#say(entry, event.text, beside)
        }
        if (block.type === 'audio') entry.block = { ...block, transcript: (block.transcript ?? '') + event.text }
        return []
      case 'reasoningDelta': {
        const isNext = event.part !== entry.part && entry.hasWords
        entry.part = event.part
        return this.#say(entry, isNext ? `\n\n${event.text}` : event.text)
      }
      case 'inputDelta':
        if (block.type === 'toolCall' || block.type === 'serverToolCall') {
          entry.block = { ...block, input: block.input + event.text }
        }
        return []
      case 'mediaDelta':
        entry.block = withMedia(block, event.data)
        return []
      case 'citation': {
        const text = this.texts.at(-1)
        if (block.type === 'text' && text) {
          this.texts[this.texts.length - 1] = { ...text, citations: [...(text.citations ?? []), event.citation] }
        }
        return []
      }
      default:
        return []
    }
  }

  #say(entry: Entry, text: string, beside?: JsonObject): readonly Pieces[] {
    if (text === '') return []
    entry.hasWords = true
    const last = this.texts.at(-1)
    if (entry.block.type === 'text' && last) this.texts[this.texts.length - 1] = { ...last, text: last.text + text }
    const part = entry.block.type === 'reasoning' ? { text, thought: true } : { text }
    return [{ parts: [part], ...(beside && { beside }) }]
  }

  #close(entry: Entry): readonly Pieces[] {
    const pieces: Pieces[] = [...this.#last(entry)]
    this.#queue.shift()
    const next = this.#queue[0]
    if (!next) return pieces
    pieces.push(...this.#open(next))
    for (const event of next.waiting.splice(0)) pieces.push(...this.#write(next, event))
    return pieces
  }

  #last({ block }: Entry): readonly Pieces[] {
    const isSaid = block.type === 'text' || block.type === 'refusal' || block.type === 'reasoning'
    if (!isSaid) return this.#parts(block)
    return block.state ? this.#parts(seal(block)) : []
  }

  #parts(block: Block): readonly Pieces[] {
    const parts = this.#writer.parts([block])
    return parts.length === 0 ? [] : [{ parts }]
  }
}

/** The empty part that brings the signature of words that have gone out. */
function seal<B extends Block>(block: B): Block {
  if (block.type !== 'reasoning') return { ...block, text: '' } as Block
  const thought: ReasoningBlock = { ...(block as ReasoningBlock), parts: [{ kind: 'summary', text: '' }] }
  return thought
}

/** Audio comes in pieces; a picture comes again and better. */
function withMedia(block: Block, data: string): Block {
  if (block.type !== 'audio' && block.type !== 'image') return block
  const { source } = block
  const old = block.type === 'audio' && source?.type === 'base64' ? source.data : ''
  const known = source && 'mediaType' in source ? source.mediaType : undefined
  const mediaType = known ?? 'application/octet-stream'
  return { ...block, source: { type: 'base64', mediaType, data: old + data } }
}
