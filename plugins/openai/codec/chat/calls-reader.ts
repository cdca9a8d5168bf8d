import { isObject, type JsonObject, type OpaqueState, type ToolCallBlock } from 'lunaroute/neutral'
import type { FrameEvents } from './frame-events.ts'

interface Call {
  id: string | undefined
  name: string | undefined
  inputType: ToolCallBlock['inputType']
  state: OpaqueState | undefined
  /** Everything read so far; only what is held back before the start. */
  input: string
  /** The block's number once it has begun. */
  index: number | undefined
  isClosed: boolean
}

interface Places {
  readonly id?: string | undefined
  readonly name?: string | undefined
}

interface Place {
  readonly index: number | undefined
  readonly id: string | undefined
  readonly name: string | undefined
}

/**
 * Puts the tool calls of one choice together, however the server sends them: by index, by id, by neither; ids late,
 * repeated or changing; names repeated; whole calls under one index. A call begins when its name and id are known.
 */
export class CallsReader {
  readonly #choice: number
  readonly #nextBlock: () => number
  readonly #makeId: (position: number) => string
  readonly #calls: Call[] = []
  readonly #byIndex = new Map<number, Call>()
  #legacy: Call | undefined

  constructor(choice: number, nextBlock: () => number, makeId: (position: number) => string) {
    this.#choice = choice
    this.#nextBlock = nextBlock
    this.#makeId = makeId
  }

  get isEmpty(): boolean {
    return this.#calls.length === 0
  }

  /** Reads one entry of `tool_calls`; returns what was not understood of it. */
  read(entry: JsonObject, path: string, out: FrameEvents): JsonObject {
    const kind = isObject(entry.custom) ? 'custom' : 'function'
    const native = entry[kind]
    const inner = isObject(native) ? native : {}
    const place = { index: number(entry.index), id: text(entry.id), name: text(inner.name) }
    const call = this.#find(place) ?? this.#open(place, kind === 'custom' ? 'text' : 'json', out)
    call.id ??= place.id
    call.name ??= place.name
    call.state ??= readSignature(entry)
    const written = inner[kind === 'custom' ? 'input' : 'arguments']
    const isWhole = isObject(written)
    const input = isWhole ? JSON.stringify(written) : typeof written === 'string' ? written : ''
    const places = {
      id: place.id === undefined ? undefined : `${path}.id`,
      name: place.name === undefined ? undefined : `${path}.${kind}.name`,
    }
    const didBegin = call === this.#firstWaiting() && isReady(call)
    if (didBegin) this.#begin(call, out, places)
    call.input += input
    if (call.index === undefined || call.isClosed || input === '') {
      if (didBegin) this.#beginNext(out)
      return didBegin ? without(entry, kind, inner, false) : entry
    }
    const event = {
      type: 'inputDelta',
      choice: this.#choice,
      index: call.index,
      text: input,
      frame: out.frame,
    } as const
    if (isWhole) out.add(event)
    else out.add(event, `${path}.${kind}.${kind === 'custom' ? 'input' : 'arguments'}`, 'text')
    if (didBegin) this.#beginNext(out)
    return isWhole && !didBegin ? entry : without(entry, kind, inner, !isWhole, didBegin)
  }

  /** Reads the old `function_call`, of which there is one and which has no id. */
  readLegacy(native: JsonObject, path: string, out: FrameEvents): JsonObject {
    if (!this.#legacy) {
      this.#legacy = newCall('json')
      this.#calls.push(this.#legacy)
    }
    const call = this.#legacy
    const { name, arguments: input, ...rest } = native
    const kept: Record<string, unknown> = rest
    const isNamed = call.name === undefined && typeof name === 'string'
    if (isNamed) {
      call.name = name
      call.id = this.#makeId(0)
      this.#begin(call, out, { name: `${path}.name` })
    } else if ('name' in native) kept.name = name
    if (typeof input === 'string' && input !== '' && call.index !== undefined) {
      call.input += input
      const event = { type: 'inputDelta', choice: this.#choice, index: call.index, text: input } as const
      out.add({ ...event, frame: out.frame }, `${path}.arguments`, 'text')
    } else if ('arguments' in native) kept.arguments = input
    return kept
  }

  /** Ends the calls whose input is complete: something else begins. */
  closeComplete(out: FrameEvents): void {
    for (const call of this.#calls)
      if (call.index !== undefined && !call.isClosed && isComplete(call)) close(call, out, this.#choice)
  }

  /** Ends all calls, and begins those that waited for an id that never came. */
  closeAll(out: FrameEvents): void {
    for (const [position, call] of this.#calls.entries()) {
      if (call.index === undefined) {
        call.id ??= this.#makeId(position)
        call.name ??= ''
        this.#begin(call, out, {})
      }
      close(call, out, this.#choice)
    }
  }

  /** Calls begin in the order in which they came: one whose id is late holds up those after it. */
  #firstWaiting(): Call | undefined {
    return this.#calls.find(call => call.index === undefined)
  }

  #beginNext(out: FrameEvents): void {
    for (let call = this.#firstWaiting(); call && isReady(call); call = this.#firstWaiting()) this.#begin(call, out, {})
  }

  #find({ index, id, name }: Place): Call | undefined {
    const byIndex = index === undefined ? undefined : this.#byIndex.get(index)
    const byId = id === undefined ? undefined : this.#calls.find(call => call.id === id)
    const call = byIndex ?? byId ?? (index === undefined ? this.#calls.at(-1) : undefined)
    if (!call || call === byId) return call
    const isNamedAnew = name !== undefined && call.name !== undefined
    if (!isNamedAnew) return call
    if (id === undefined && byIndex) return call
    if (id !== undefined && call.id === undefined && name === call.name) return call
    const isAnother = (id !== undefined && index === undefined) || name !== call.name || isComplete(call)
    return isAnother ? byId : call
  }

  #open({ index }: Place, inputType: ToolCallBlock['inputType'], out: FrameEvents): Call {
    this.closeComplete(out)
    const call = newCall(inputType)
    this.#calls.push(call)
    if (index !== undefined) this.#byIndex.set(index, call)
    return call
  }

  #begin(call: Call, out: FrameEvents, places: Places): void {
    const { id = '', name = '', inputType, state, input: held } = call
    call.index = this.#nextBlock()
    const at = { choice: this.#choice, index: call.index, frame: out.frame }
    out.add({ type: 'blockStart', ...at, block: { type: 'toolCall', callId: id, name, inputType, input: '', state } })
    if (places.id !== undefined) out.at(places.id, 'callId')
    if (places.name !== undefined) out.at(places.name, 'name')
    if (held !== '') out.add({ type: 'inputDelta', ...at, text: held })
  }
}

function newCall(inputType: ToolCallBlock['inputType']): Call {
  return { id: undefined, name: undefined, inputType, state: undefined, input: '', index: undefined, isClosed: false }
}

function close(call: Call, out: FrameEvents, choice: number): void {
  if (call.isClosed || call.index === undefined) return
  call.isClosed = true
  out.add({ type: 'blockStop', choice, index: call.index, frame: out.frame })
}

function isReady({ id, name }: Call): boolean {
  return id !== undefined && name !== undefined
}

/** Whether nothing can follow: the input is a JSON object. */
function isComplete({ input, inputType }: Call): boolean {
  if (inputType !== 'json' || !input.trimEnd().endsWith('}')) return false
  try {
    return isObject(JSON.parse(input))
  } catch {
    return false
  }
}

/** The entry without what events now hold. */
function without(entry: JsonObject, kind: string, inner: JsonObject, hasInput: boolean, didBegin = true): JsonObject {
  const rest: Record<string, unknown> = { ...inner }
  if (didBegin) delete rest.name
  if (hasInput) delete rest[kind === 'custom' ? 'input' : 'arguments']
  const kept: Record<string, unknown> = { ...entry, [kind]: rest }
  if (didBegin) delete kept.id
  return kept
}

/** Google's Chat endpoint keeps the thought signature of a call here, and wants it back. */
function readSignature({ extra_content: content }: JsonObject): OpaqueState | undefined {
  const google = isObject(content) ? content.google : undefined
  const data = isObject(google) ? google.thought_signature : undefined
  return typeof data === 'string' ? { kind: 'signature', data, issuer: 'gemini' } : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
