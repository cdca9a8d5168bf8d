import {
  type Encoder,
  type JsonObject,
  type NeutralError,
  type NeutralEvent,
  type OutgoingFrame,
  type ResponseContext,
  shapeOf,
  type Usage,
} from 'lunaroute/neutral'
import { type BlockEvent, ChoiceEncoder, type Pieces } from './choice-encoder.ts'
import { writeError } from './error.ts'
import { finishReason } from './finish.ts'
import { writeGrounding } from './grounding.ts'
import { DIALECT } from './name.ts'
import { writeOwnChunk } from './own-chunk.ts'
import { writeUsage } from './usage.ts'
import { PartWriter } from './write-parts.ts'

const CUT: NeutralError = { kind: 'cut', message: 'the stream of the provider ended before its answer was complete' }

/**
 * Writes a stream of GenerateContentResponses. Calls go out whole: Gemini has no pieces of arguments. The reason to
 * finish goes out with the end alone, as it is all the end there is: a broken stream must not look like a whole one.
 */
export class GeminiEncoder implements Encoder {
  readonly #context: ResponseContext
  readonly #writer: PartWriter
  readonly #ownWriter: PartWriter
  readonly #choices = new Map<number, ChoiceEncoder>()
  #id: string | undefined
  #model: string | undefined
  #usage: Usage | undefined
  #isOver = false
  /** The events of a chunk of this dialect, while they come, and how many they will be. */
  #own: NeutralEvent[] = []
  #expected = 0
  #isOwn = false

  constructor(context: ResponseContext) {
    const { diagnostics } = context
    this.#context = context
    this.#writer = new PartWriter({ diagnostics, isOwn: false, destination: 'client' })
    this.#ownWriter = new PartWriter({ diagnostics, isOwn: true, destination: 'client' })
  }

  push(event: NeutralEvent): readonly OutgoingFrame[] {
    if (this.#isOver) return []
    if (event.type === 'error') return [...this.#flush(), ...this.#fail(event.error)]
    const count = shapeOf(event.extra, DIALECT, 'events')
    if (count !== undefined) {
      const before = this.#flush()
      this.#isOwn = true
      this.#expected = Number(count)
      return [...before, ...this.#collect(event)]
    }
    if (this.#expected > 0) return this.#collect(event)
    if (event.type === 'end') this.#isOver = true
    // What its own decoder adds at the end is in the chunks already.
    return this.#isOwn ? [] : this.#translate(event)
  }

  end(): readonly OutgoingFrame[] {
    return this.#isOver ? [] : [...this.#flush(), ...this.#fail(CUT)]
  }

  #fail(error: NeutralError): readonly OutgoingFrame[] {
    this.#isOver = true
    return [{ data: writeError(error).body }]
  }

  #collect(event: NeutralEvent): readonly OutgoingFrame[] {
    if (event.type === 'start') {
      this.#id = event.id
      this.#model = event.model
    }
    this.#own.push(event)
    return this.#own.length === this.#expected ? this.#flush() : []
  }

  #flush(): readonly OutgoingFrame[] {
    if (this.#own.length === 0) return []
    const data = writeOwnChunk(this.#own, { id: this.#id, model: this.#model }, this.#ownWriter)
    this.#own = []
    this.#expected = 0
    return [{ data }]
  }

  #translate(event: NeutralEvent): readonly OutgoingFrame[] {
    switch (event.type) {
      case 'start':
        this.#id = this.#context.id('')
        this.#model = this.#context.model
        this.#count(event.usage)
        return []
      case 'usage':
        this.#count(event.usage)
        return []
      case 'finish':
        this.#choice(event.choice).stop = event.stop
        return []
      case 'ping':
        return [{ comment: 'keepalive' }]
      case 'native':
      case 'error':
        return []
      case 'end':
        return this.#finish()
      default:
        return this.#chunks(event.choice, this.#choice(event.choice).push(event as BlockEvent))
    }
  }

  #choice(index: number): ChoiceEncoder {
    const choice = this.#choices.get(index) ?? new ChoiceEncoder(this.#writer)
    this.#choices.set(index, choice)
    return choice
  }

  #chunks(index: number, pieces: readonly Pieces[]): readonly OutgoingFrame[] {
    return pieces.map(({ parts, beside }) => ({
      data: this.#chunk([{ content: { parts, role: 'model' }, index, ...beside }]),
    }))
  }

  /** The last chunk: every answer's reason to finish, and the usage. */
  #finish(): readonly OutgoingFrame[] {
    if (this.#choices.size === 0) this.#choice(0)
    const choices = [...this.#choices].sort(([a], [b]) => a - b)
    const rest = choices.flatMap(([index, choice]) => this.#chunks(index, choice.close()))
    const candidates = choices.map(([index, { stop, texts }]) => ({
      content: { parts: [{ text: '' }], role: 'model' },
      finishReason: finishReason(stop ?? { reason: 'stop' }, false),
      finishMessage: stop?.message,
      groundingMetadata: writeGrounding(texts),
      index,
    }))
    return [...rest, { data: this.#chunk(candidates) }]
  }

  #chunk(candidates: readonly JsonObject[]): JsonObject {
    const { inputTokens } = this.#context
    const usage = this.#usage ?? (inputTokens === undefined ? undefined : { inputTokens })
    return {
      candidates,
      usageMetadata: usage && writeUsage(usage, false),
      modelVersion: this.#model,
      responseId: this.#id,
    }
  }

  #count(usage: Usage | undefined): void {
    if (!usage) return
    const known = Object.entries(usage).filter(([, value]) => value !== undefined)
    this.#usage = { ...this.#usage, ...Object.fromEntries(known) }
  }
}
