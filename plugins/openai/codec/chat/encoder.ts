import {
  type Encoder,
  type JsonObject,
  type NeutralError,
  type NeutralEvent,
  type OutgoingFrame,
  present,
  type ResponseContext,
  type Stop,
  type Usage,
} from 'lunaroute/neutral'
import { CUT } from '../shared/error.ts'
import { BlockFrames } from './block-frames.ts'
import { writeError } from './error.ts'
import { OwnFrames } from './own-frames.ts'
import { writeStop } from './response.ts'
import { writeUsage } from './usage.ts'

/** Writes a stream of chat completion chunks. */
export class ChatEncoder implements Encoder {
  readonly #context: ResponseContext
  readonly #own = new OwnFrames()
  readonly #blocks: BlockFrames
  readonly #speakers = new Set<number>()
  readonly #stops = new Map<number, Stop>()
  /** Choices that have said a refusal in words. */
  readonly #refused = new Set<number>()
  #head: JsonObject = {}
  #usage: Usage = {}
  #isOwn = false
  #isOver = false

  constructor(context: ResponseContext) {
    this.#context = context
    this.#blocks = new BlockFrames(context.diagnostics)
  }

  push(event: NeutralEvent): readonly OutgoingFrame[] {
    if (this.#isOver) return []
    if (event.type === 'end' || event.type === 'error') this.#isOver = true
    if (this.#own.accepts(event)) {
      this.#isOwn = true
      return this.#own.push(event)
    }
    switch (event.type) {
      case 'start':
        this.#usage = { ...event.usage }
        return this.#start(event.createdAt)
      case 'ping':
        return [{ comment: 'ping' }]
      case 'usage':
        this.#usage = { ...this.#usage, ...present(event.usage) }
        return []
      case 'finish':
        this.#stops.set(event.choice, event.stop)
        return []
      case 'end':
        return this.#end()
      case 'error':
        return broken(event.error)
      case 'native':
        return []
      default: {
        const deltas = this.#blocks.push(event)
        if (deltas.some(delta => delta.refusal)) this.#refused.add(event.choice)
        return deltas.map(delta => this.#chunk(event.choice, delta))
      }
    }
  }

  end(): readonly OutgoingFrame[] {
    if (this.#isOver) return []
    this.#isOver = true
    return broken(CUT)
  }

  #start(createdAt: number | undefined): readonly OutgoingFrame[] {
    const { id, now, model } = this.#context
    const created = createdAt ?? now()
    // With every key of a chunk: one that is added to a spread object costs more than all the rest (Node 20).
    this.#head = { id: id('chatcmpl-'), object: 'chat.completion.chunk', created, model, choices: [] }
    return [this.#chunk(0, { content: '' })]
  }

  #end(): readonly OutgoingFrame[] {
    if (this.#isOwn) return [{ data: '[DONE]' }]
    if (this.#stops.size === 0) this.#stops.set(0, { reason: 'stop' })
    const frames = [...this.#stops].map(([choice, stop]) =>
      this.#chunk(choice, {}, writeStop(stop, this.#refused.has(choice))),
    )
    const { request, inputTokens } = this.#context
    if (request.stream?.includeUsage) {
      const usage = writeUsage({ ...this.#usage, inputTokens: this.#usage.inputTokens ?? inputTokens })
      frames.push({ data: { ...this.#head, usage } })
    }
    return [...frames, { data: '[DONE]' }]
  }

  /** The first delta of a choice names the speaker, and none after it. */
  #chunk(index: number, delta: JsonObject, finish: string | null = null): OutgoingFrame {
    const isFirst = !this.#speakers.has(index)
    if (isFirst) this.#speakers.add(index)
    const { logprobs, ...rest } = delta
    const said = isFirst ? { role: 'assistant', ...rest } : rest
    const choice = { index, delta: said, finish_reason: finish }
    return { data: { ...this.#head, choices: [logprobs === undefined ? choice : { ...choice, logprobs }] } }
  }
}

function broken(error: NeutralError): readonly OutgoingFrame[] {
  return [{ data: writeError(error).body }]
}
