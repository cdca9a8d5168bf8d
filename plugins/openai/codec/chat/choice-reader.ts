import { type Block, isObject, type JsonObject, type OpaqueState } from 'lunaroute/neutral'
import { readAnnotation } from './annotations.ts'
import { CallsReader } from './calls-reader.ts'
import type { FrameEvents } from './frame-events.ts'
import { readTokens } from './logprobs.ts'
import { issuerOf } from './reasoning.ts'
import { stopFor } from './response.ts'

type Kind = 'text' | 'refusal' | 'reasoning' | 'audio'

const REASONING_FIELDS = ['reasoning_content', 'reasoning'] as const

/** Reads the deltas of one choice as blocks: a block lasts until another kind of content comes. */
export class ChoiceReader {
  readonly #choice: number
  readonly #calls: CallsReader
  #blocks = 0
  #open: { readonly kind: Kind; readonly index: number } | undefined
  /** Parts of the open reasoning block, by the kind of the last. */
  #part: { kind: 'text' | 'summary'; number: number; hasState: boolean } | undefined
  #hasRefusal = false
  #finish: string | undefined
  /** How many blocks there were then: a server may go on after its finish reason. */
  #blocksAtFinish = 0
  #tokensOf: 'content' | 'refusal' | undefined

  constructor(choice: number, makeId: (position: number) => string) {
    this.#choice = choice
    this.#calls = new CallsReader(choice, () => this.#blocks++, makeId)
  }

  get hasFinished(): boolean {
    return this.#finish !== undefined && this.#blocksAtFinish === this.#blocks
  }

  /** Reads an element of `choices`; returns what was not understood of it, in its shape. */
  read(native: JsonObject, path: string, out: FrameEvents): JsonObject {
    const rest: Record<string, unknown> = {}
    for (const key in native) {
      const value = native[key]
      if (key === 'delta' && isObject(value)) rest.delta = this.#delta(value, `${path}.delta`, out, native.logprobs)
      else if (key !== 'finish_reason') rest[key] = value
    }
    const { logprobs } = native
    if (isObject(logprobs)) rest.logprobs = withoutTokens(logprobs, this.#tokensOf)
    this.#tokensOf = undefined
    const finish = native.finish_reason
    if (typeof finish !== 'string' || finish === '' || (finish === this.#finish && this.hasFinished)) {
      if ('finish_reason' in native) rest.finish_reason = finish
      return rest
    }
    this.finish(finish, out, `${path}.finish_reason`)
    return rest
  }

  /** Ends every block and the choice, with the server's word for it if it gave one. */
  finish(native: string | undefined, out: FrameEvents, path?: string): void {
    this.#close(out)
    this.#calls.closeAll(out)
    this.#finish = native ?? this.#finish ?? ''
    this.#blocksAtFinish = this.#blocks
    const stop = stopFor(this.#finish || undefined, !this.#calls.isEmpty, this.#hasRefusal)
    out.add({ type: 'finish', choice: this.#choice, stop, frame: out.frame }, path, 'native')
  }

  #delta(delta: JsonObject, path: string, out: FrameEvents, logprobs: unknown): JsonObject {
    const rest: Record<string, unknown> = {}
    // Reasoning comes first, wherever its key stands: it was thought before it was said.
    const thoughts = this.#reasoning(delta, path, out)
    for (const key in delta) {
      const value = delta[key]
      if (typeof value === 'string' && value !== '') {
        if (key === 'content' || key === 'refusal') {
          this.#text(key, value, `${path}.${key}`, out, logprobs)
          continue
        }
        if (thoughts?.has(key)) continue
      }
      rest[key] = this.#field(key, value, path, out)
    }
    return rest
  }

  #field(key: string, value: unknown, path: string, out: FrameEvents): unknown {
    if (Array.isArray(value)) {
      const entries = value.map((entry: unknown, i) => [entry, `${path}.${key}.${i}`] as const)
      switch (key) {
        case 'tool_calls':
          if (entries.length > 0) this.#close(out)
          return entries.map(([entry, at]) => (isObject(entry) ? this.#calls.read(entry, at, out) : entry))
        case 'reasoning_details':
          return entries.map(([entry, at]) => (isObject(entry) ? this.#detail(entry, at, out) : entry))
        case 'content':
          return entries.map(([entry, at]) => (isObject(entry) ? this.#contentPart(entry, at, out) : entry))
        case 'annotations':
          this.#annotations(value, out)
      }
    } else if (isObject(value)) {
      if (key === 'function_call') {
        this.#close(out)
        return this.#calls.readLegacy(value, `${path}.${key}`, out)
      }
      if (key === 'audio') return this.#audio(value, `${path}.${key}`, out)
    }
    return value
  }

  #text(key: 'content' | 'refusal', text: string, path: string, out: FrameEvents, logprobs: unknown): void {
    const index = this.#enter(key === 'content' ? 'text' : 'refusal', out)
    const list = isObject(logprobs) ? logprobs[key] : undefined
    const tokens = Array.isArray(list) && list.length > 0 ? readTokens(list) : undefined
    const event = { type: 'textDelta', choice: this.#choice, index, text, frame: out.frame } as const
    out.add(tokens ? { ...event, logprobs: tokens } : event, path, 'text')
    if (tokens) {
      this.#tokensOf = key
      out.at(path.replace(/delta\.\w+$/, `logprobs.${key}`), 'logprobs')
    }
  }

  /** Reads a text field, unless `reasoning_details` say the same: then the field is their copy. */
  #reasoning(delta: JsonObject, path: string, out: FrameEvents): ReadonlySet<string> | undefined {
    let read: Set<string> | undefined
    const details = delta.reasoning_details
    for (const key of REASONING_FIELDS) {
      const text = delta[key]
      if (typeof text !== 'string' || text === '') continue
      const isFirst = read === undefined
      const hasDetails = Array.isArray(details) && details.some(isVisible)
      if (!isFirst || hasDetails) continue
      read = new Set([key])
      this.#thought('text', text, `${path}.${key}`, out)
    }
    return read
  }

  #detail(entry: JsonObject, path: string, out: FrameEvents): JsonObject {
    const { type, format } = entry
    const issuer = issuerOf(typeof format === 'string' ? format : undefined)
    const rest: Record<string, unknown> = { ...entry }
    for (const key of ['text', 'summary'] as const) {
      const text = entry[key]
      if (type !== `reasoning.${key}` || typeof text !== 'string' || text === '') continue
      delete rest[key]
      this.#thought(key, text, `${path}.${key}`, out)
    }
    const { signature, data } = entry
    if (type === 'reasoning.text' && typeof signature === 'string' && signature !== '') {
      this.#state({ kind: 'signature', data: signature, issuer }, out)
    } else if (type === 'reasoning.encrypted' && typeof data === 'string' && data !== '') {
      this.#state({ kind: 'encrypted', data, issuer }, out)
    }
    return rest
  }

  #thought(kind: 'text' | 'summary', text: string, path: string, out: FrameEvents): void {
    if (this.#part?.hasState) this.#close(out)
    const index = this.#enter('reasoning', out)
    this.#part ??= { kind, number: 0, hasState: false }
    if (this.#part.kind !== kind) this.#part = { kind, number: this.#part.number + 1, hasState: false }
    const part = this.#part.number
    out.add({ type: 'reasoningDelta', choice: this.#choice, index, part, kind, text, frame: out.frame }, path, 'text')
  }

  /** A signature belongs to the reasoning before it; other state is a block of its own. */
  #state(state: OpaqueState, out: FrameEvents): void {
    if (this.#part?.hasState || state.kind !== 'signature') this.#close(out)
    const index = this.#enter('reasoning', out)
    this.#part = { kind: 'text', number: 0, ...this.#part, hasState: true }
    out.add({ type: 'state', choice: this.#choice, index, state, frame: out.frame })
  }

  /** Mistral's content comes in parts, its reasoning among them. */
  #contentPart(entry: JsonObject, path: string, out: FrameEvents): JsonObject {
    const { text, thinking, ...rest } = entry
    if (entry.type === 'text' && typeof text === 'string' && text !== '') {
      this.#text('content', text, `${path}.text`, out, undefined)
      return rest
    }
    if (entry.type !== 'thinking' || !Array.isArray(thinking)) return entry
    const kept = thinking.map((piece: unknown, i) => {
      if (!isObject(piece) || typeof piece.text !== 'string' || piece.text === '') return piece
      const { text: thought, ...others } = piece
      this.#thought('text', String(thought), `${path}.thinking.${i}.text`, out)
      return others
    })
    return { ...rest, thinking: kept }
  }

  #annotations(list: readonly unknown[], out: FrameEvents): void {
    if (this.#open?.kind !== 'text') return
    const at = { choice: this.#choice, index: this.#open.index, frame: out.frame }
    for (const value of list) out.add({ type: 'citation', ...at, citation: readAnnotation(value) })
  }

  #audio(audio: JsonObject, path: string, out: FrameEvents): JsonObject {
    const { data, transcript, ...rest } = audio
    const id = typeof audio.id === 'string' ? audio.id : undefined
    const index = this.#enter('audio', out, { type: 'audio', id })
    const kept: Record<string, unknown> = rest
    const at = { choice: this.#choice, index, frame: out.frame }
    if (typeof data === 'string') out.add({ type: 'mediaDelta', ...at, data }, `${path}.data`, 'data')
    else if ('data' in audio) kept.data = data
    if (typeof transcript === 'string')
      out.add({ type: 'textDelta', ...at, text: transcript }, `${path}.transcript`, 'text')
    else if ('transcript' in audio) kept.transcript = transcript
    return kept
  }

  #enter(kind: Kind, out: FrameEvents, head: Block = HEADS[kind]): number {
    if (this.#open?.kind === kind) return this.#open.index
    this.#close(out)
    this.#calls.closeComplete(out)
    if (kind === 'refusal') this.#hasRefusal = true
    this.#open = { kind, index: this.#blocks++ }
    out.add({ type: 'blockStart', choice: this.#choice, index: this.#open.index, block: head, frame: out.frame })
    return this.#open.index
  }

  #close(out: FrameEvents): void {
    if (!this.#open) return
    out.add({ type: 'blockStop', choice: this.#choice, index: this.#open.index, frame: out.frame })
    this.#open = undefined
    this.#part = undefined
  }
}

const HEADS: Readonly<Record<Kind, Block>> = {
  text: { type: 'text', text: '' },
  refusal: { type: 'refusal', text: '' },
  reasoning: { type: 'reasoning', parts: [] },
  audio: { type: 'audio' },
}

function isVisible(entry: unknown): boolean {
  if (!isObject(entry)) return false
  const text = entry.type === 'reasoning.text' ? entry.text : entry.type === 'reasoning.summary' ? entry.summary : ''
  return typeof text === 'string' && text !== ''
}

function withoutTokens(logprobs: JsonObject, taken: 'content' | 'refusal' | undefined): JsonObject {
  if (taken === undefined) return logprobs
  const { [taken]: _, ...rest } = logprobs
  return rest
}
