import type {
  Block,
  JsonObject,
  NeutralError,
  NeutralEvent,
  ResponseContext,
  StartEvent,
  Stop,
  Usage,
} from 'lunaroute/neutral'
import { BlockComposer } from './compose-blocks.ts'
import { echoOf } from './echo.ts'
import { writeError } from './error.ts'
import { DIALECT } from './name.ts'
import { asWords, statusOf, writeHead } from './response.ts'

/** Turns neutral events into the native events of Responses, without their numbers. */
export class Composer {
  readonly #context: ResponseContext
  readonly #blocks: BlockComposer
  #head: JsonObject | undefined
  #usage: Usage | undefined
  #stop: Stop | undefined
  readonly #refusals: Block[] = []

  constructor(context: ResponseContext) {
    this.#context = context
    this.#blocks = new BlockComposer(context)
  }

  push(event: NeutralEvent): readonly JsonObject[] {
    switch (event.type) {
      case 'start':
        this.#addUsage(event.usage)
        return this.#start(event)
      case 'usage':
        this.#addUsage(event.usage)
        return []
      case 'finish':
        if (event.choice === 0) this.#stop = asWords(event.stop, this.#refusals)
        return []
      case 'end':
        return [...this.#start(undefined), ...this.#blocks.closeAll(), this.#last(undefined)]
      case 'error':
        return [...this.#start(undefined), errorEvent(event.error), this.#last(event.error)]
      case 'ping':
      case 'native':
        return []
      default:
        if (event.type === 'blockStart' && event.block.type === 'refusal') this.#refusals.push(event.block)
        return [...this.#start(undefined), ...this.#blocks.push(event)]
    }
  }

  #start(event: StartEvent | undefined): JsonObject[] {
    if (this.#head) return []
    const { request, model, id, now } = this.#context
    const isOwn = event?.extra?.[DIALECT] !== undefined
    this.#head = {
      ...echoOf(request),
      id: (isOwn ? event.id : undefined) ?? id('resp_'),
      object: 'response',
      created_at: event?.createdAt ?? now(),
      model: isOwn ? event.model : model,
      error: null,
      incomplete_details: null,
      output: [],
      usage: null,
    }
    const response = { ...this.#head, status: 'in_progress' }
    return [
      { type: 'response.created', response },
      { type: 'response.in_progress', response },
    ]
  }

  #last(error: NeutralError | undefined): JsonObject {
    const stop = this.#stop
    const status = statusOf({ stop, error })
    const said = Object.entries(writeHead({ stop, usage: this.#usage, error }, false))
    const known = Object.fromEntries(said.filter(([, value]) => value !== undefined))
    const response = { ...this.#head, ...known, output: this.#blocks.output }
    return { type: `response.${status}`, response }
  }

  #addUsage(usage: Usage | undefined): void {
    if (!usage) return
    const said = Object.entries(usage).filter(([key, value]) => value !== undefined && key !== 'extra')
    this.#usage = { ...this.#usage, ...(Object.fromEntries(said) as Usage) }
  }
}

/** The reference has the fields flat, the API nests them, and clients exist for either. */
function errorEvent(error: NeutralError): JsonObject {
  const nested = writeError({ ...error, extra: undefined }).body.error as JsonObject
  const { code = null, message, param = null } = nested
  return { type: 'error', code, message, param, error: nested }
}
