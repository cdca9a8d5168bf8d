import { isDeepStrictEqual } from 'node:util'

/** One event of a stream as it goes over the wire; `data` as text or already read. */
export interface Frame {
  readonly event?: string | undefined
  readonly data: unknown
}

type Json = Readonly<Record<string, unknown>>

/**
 * The problems of a Responses stream, by the official description of its events: names, numbers, which item or part an
 * event may be about and when, deltas that add up to what `done` says, and a last event that repeats it all.
 */
export function checkResponsesStream(frames: readonly Frame[]): string[] {
  const checker = new Checker()
  frames.forEach((frame, i) => {
    checker.check(frame, i)
  })
  return checker.finish()
}

interface Part {
  text: string
  isTextDone: boolean
  done?: Json
  readonly annotations: unknown[]
}

interface Item {
  readonly id: unknown
  readonly type: unknown
  readonly content: Part[]
  readonly summary: Part[]
  input: string | undefined
  isInputDone: boolean
  done?: Json
}

const TERMINAL = /^response\.(completed|incomplete|failed)$/
const PROGRESS =
  /^response\.((?:web_search|file_search|code_interpreter|image_generation|mcp)_call|mcp_list_tools)\.(in_progress|searching|interpreting|generating|partial_image|completed|failed)$/
const UNTRACKED =
  /^(keepalive|response\.(code_interpreter_call_code|shell_call_command|shell_call_output_content)\.(added|delta|done))$/

class Checker {
  readonly #problems: string[] = []
  readonly #items: Item[] = []
  #at = ''
  #id: unknown
  #hasCreated = false
  #end: string | undefined

  check({ event, data }: Frame, number: number): void {
    this.#at = `event ${number}`
    const value: unknown = typeof data === 'string' ? parse(data) : data
    if (typeof value !== 'object' || value === null) return this.#say(`is not an object: ${String(data).slice(0, 20)}`)
    const native = value as Json
    const type = String(native.type)
    this.#at += ` ${type}`
    if (event !== type) this.#say(`is named ${event}`)
    if (native.sequence_number !== number) this.#say(`has sequence_number ${native.sequence_number}`)
    if (this.#end && !(this.#end === 'error' && type === 'response.failed')) this.#say(`comes after ${this.#end}`)
    if (!this.#hasCreated && type !== 'response.created' && type !== 'error') this.#say('comes before response.created')
    this.#dispatch(type, native)
  }

  finish(): string[] {
    this.#at = 'the stream'
    if (!this.#end) this.#say('has no last event')
    return this.#problems
  }

  #dispatch(type: string, native: Json): void {
    if (type === 'response.created') return this.#created(native)
    if (type === 'response.in_progress' || type === 'response.queued') return this.#waiting(native)
    if (TERMINAL.test(type)) return this.#terminal(type, native)
    if (type === 'error') return this.#error(native)
    if (type === 'response.output_item.added') return this.#itemAdded(native)
    if (UNTRACKED.test(type)) return
    const index = Number(native.output_index)
    const item = this.#items[index]
    if (!item) return this.#say(`is about item ${index}, which is not there`)
    if (item.done) return this.#say(`is about item ${index}, which is done`)
    if (type === 'response.output_item.done') return this.#itemDone(item, native)
    if (native.item_id !== item.id) this.#say(`calls item ${item.id} ${native.item_id}`)
    const [, kind] = PROGRESS.exec(type) ?? []
    if (kind) return kind === item.type ? undefined : this.#say(`is about a ${item.type}`)
    this.#part(type, item, native)
  }

  #created(native: Json): void {
    const response = native.response as Json
    if (this.#hasCreated) this.#say('comes twice')
    this.#hasCreated = true
    this.#id = response.id
    if (response.object !== 'response') this.#say(`holds a ${response.object}`)
    if (!Array.isArray(response.output) || response.output.length > 0) this.#say('has output')
    if (response.status !== 'in_progress' && response.status !== 'queued') this.#say(`is ${response.status}`)
  }

  #waiting(native: Json): void {
    if ((native.response as Json).id !== this.#id) this.#say('has another id')
    if (this.#items.length > 0) this.#say('comes after an item')
  }

  #error(native: Json): void {
    if (typeof native.message !== 'string' && typeof native.error !== 'object') this.#say('has no message')
    this.#end = 'error'
  }

  #terminal(type: string, native: Json): void {
    this.#end = type
    const response = native.response as Json
    if (response.id !== this.#id) this.#say('has another id')
    if (`response.${response.status}` !== type) this.#say(`is ${response.status}`)
    if (type === 'response.failed') {
      if (typeof response.error !== 'object' || response.error === null) this.#say('has no error')
      return
    }
    if (type === 'response.incomplete' && !response.incomplete_details) this.#say('does not say why')
    if (this.#items.some(item => !item.done)) this.#say('comes before an item is done')
    const done = this.#items.map(item => item.done)
    if (!isSame(response.output, done)) this.#say('has another output than the items')
  }

  #itemAdded(native: Json): void {
    const item = native.item as Json
    if (native.output_index !== this.#items.length) this.#say(`has output_index ${native.output_index}`)
    if (typeof item.id !== 'string' || item.id === '') this.#say('has no id')
    if (this.#items.some(({ id }) => id === item.id)) this.#say(`repeats the id ${item.id}`)
    const input = item.type === 'function_call' ? item.arguments : item.type === 'custom_tool_call' ? item.input : ''
    if (input !== '') this.#say('begins with input')
    if (item.type === 'message' && !isDeepStrictEqual(item.content, [])) this.#say('begins with content')
    this.#items.push({
      id: item.id,
      type: item.type,
      content: [],
      summary: [],
      input: undefined,
      isInputDone: false,
    })
  }

  #itemDone(item: Item, native: Json): void {
    const done = native.item as Json
    item.done = done
    if (done.id !== item.id) this.#say(`calls item ${item.id} ${done.id}`)
    if (done.type !== item.type) this.#say(`makes a ${done.type} of a ${item.type}`)
    for (const key of ['content', 'summary'] as const) {
      const parts = item[key]
      if (parts.some(part => !part.done)) this.#say(`comes before the ${key} is done`)
      const isStreamed = parts.length > 0 || item.type === 'message' || (key === 'summary' && item.type === 'reasoning')
      const said = parts.map(part => part.done)
      if (isStreamed && !isSame(done[key] ?? [], said)) this.#say(`has another ${key}`)
    }
    if (item.type !== 'function_call' && item.type !== 'custom_tool_call') return
    if (!item.isInputDone) this.#say('comes before the input is done')
    const whole = item.type === 'function_call' ? done.arguments : done.input
    if (whole !== (item.input ?? '')) this.#say('has another input')
  }

  #part(type: string, item: Item, native: Json): void {
    const [, family, step] = /^response\.([a-z_]+)(?:\.annotation)?\.(added|delta|done)$/.exec(type) ?? []
    if (family === undefined) return this.#say('is not known')
    if (/^(function_call_arguments|custom_tool_call_input|mcp_call_arguments)$/.test(family)) {
      return this.#input(step!, item, native)
    }
    const isSummary = family.startsWith('reasoning_summary')
    const parts = isSummary ? item.summary : item.content
    const index = Number(isSummary ? native.summary_index : native.content_index)
    if (step === 'added' && family !== 'output_text') {
      if (index !== parts.length) this.#say(`opens part ${index}`)
      if (parts.some(part => !part.done) && isSummary) this.#say('opens a part before the last is done')
      parts.push({ text: '', isTextDone: false, annotations: [] })
      return
    }
    const part = parts[index]
    if (!part) return this.#say(`is about part ${index}, which is not there`)
    if (part.done) return this.#say(`is about part ${index}, which is done`)
    if (step === 'added') return this.#annotation(part, native)
    if (step === 'delta') {
      if (part.isTextDone) this.#say('comes after the text is done')
      part.text += String(native.delta)
      if (family === 'output_text' && !Array.isArray(native.logprobs)) this.#say('has no logprobs')
    } else if (family.endsWith('_part')) this.#partDone(part, native.part as Json)
    else {
      if (part.isTextDone) this.#say('comes twice')
      part.isTextDone = true
      if ((native.text ?? native.refusal) !== part.text) this.#say('has another text than the deltas')
    }
  }

  #partDone(part: Part, done: Json): void {
    part.done = done
    if (!part.isTextDone) this.#say('comes before the text is done')
    if ((done.text ?? done.refusal) !== part.text) this.#say('has another text than the deltas')
    if (done.type === 'output_text' && !isDeepStrictEqual(done.annotations, part.annotations)) {
      this.#say('has other annotations')
    }
  }

  #annotation(part: Part, native: Json): void {
    if (native.annotation_index !== part.annotations.length)
      this.#say(`has annotation_index ${native.annotation_index}`)
    part.annotations.push(native.annotation)
  }

  #input(step: string, item: Item, native: Json): void {
    if (item.isInputDone) this.#say('comes after the input is done')
    if (step === 'delta') item.input = (item.input ?? '') + String(native.delta)
    else {
      item.isInputDone = true
      if ((native.arguments ?? native.input) !== (item.input ?? '')) this.#say('has another input than the deltas')
    }
  }

  #say(problem: string): void {
    this.#problems.push(`${this.#at} ${problem}`)
  }
}

/** Equality but for what is encrypted anew whenever it is written, and log probabilities, which parts may leave out. */
function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(comparable(a), comparable(b))
}

function comparable(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner: unknown) => (VARYING.has(key) ? undefined : inner)))
}

const VARYING = new Set(['encrypted_content', 'fingerprint', 'logprobs'])

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
