import { LRUCache } from 'lru-cache'
import type { Message, NeutralRequest, ToolResultBlock } from 'lunaroute/neutral'
import { digestOf, MessageDigester } from './message-digests.ts'

const MAX_MESSAGES = 200_000
const MAX_CALLS = 50_000
const MAX_SESSIONS = 20_000

/** A tool call that an answer made. */
export interface KnownCall {
  readonly name: string
  readonly requestId: string
  /** When it had arrived, in milliseconds since 1970. */
  readonly at: number
}

/** What a request adds to its session. */
export interface Addition {
  readonly messages: readonly Message[]
  readonly results: readonly { readonly result: ToolResultBlock; readonly call: KnownCall | undefined }[]
}

/**
 * Knows what sessions have said so far, so that the history each request carries is counted once. Bounded over all
 * sessions; what has been forgotten is new again. Of a session from before this process nobody remembers the words: there
 * a history that is not known begins with the model's last turn.
 */
export class History {
  /**
   * Each message with all that went before it, each with the one before, and each of the other side by itself. True for
   * what a request has ended with.
   */
  readonly #seen = new LRUCache<string, boolean>({ max: MAX_MESSAGES })
  readonly #calls = new LRUCache<string, KnownCall>({ max: MAX_CALLS })
  readonly #results = new LRUCache<string, true>({ max: MAX_CALLS })
  readonly #digester = new MessageDigester()
  readonly #isOlder = new LRUCache<string, boolean>({ max: MAX_SESSIONS })
  readonly #knows: (session: string) => boolean

  constructor(knows: (session: string) => boolean = () => false) {
    this.#knows = knows
  }

  /** `size` is that of the request, in bytes. */
  add(session: string, request: NeutralRequest, size: number): Addition {
    const messages = request.messages.filter(each => each.placement !== 'top')
    if (!this.#isOlder.has(session)) this.#isOlder.set(session, this.#knows(session))
    const begin = `${session}\n${goesOnFrom(request) ?? ''}`
    const { alone, chains } = this.#digester.digest(session, begin, messages, size)
    const pairs = alone.map((each, i) => `${alone[i - 1] ?? ''}${each}`)
    let known = 0
    while (known < chains.length && this.#seen.has(chains[known]!)) known++
    // A history that goes on otherwise than it did was rewritten: it is recognised by its last turn of the model or of a
    // tool, and by what has followed that before.
    if (known === 0 || !this.#seen.get(chains[known - 1]!)) {
      const last = messages.findLastIndex((each, i) => isOthers(each) && this.#seen.has(alone[i]!))
      known = Math.max(known, last + 1)
      while (known > 0 && known < pairs.length && this.#seen.has(pairs[known]!)) known++
    }
    if (known === 0 && this.#isOlder.get(session)) known = lastTurn(messages)
    for (const each of pairs) this.#seen.set(each, false)
    for (const [i, each] of messages.entries()) if (isOthers(each)) this.#seen.set(alone[i]!, false)
    for (const [i, each] of chains.entries()) {
      this.#seen.set(each, i === chains.length - 1 || this.#seen.get(each) === true)
    }
    const added = messages.slice(known)
    return { messages: added, results: this.#newResults(session, added, messages) }
  }

  /** Keeps the calls of an answer until their results come. */
  called(session: string, calls: readonly { readonly callId: string; readonly call: KnownCall }[]): void {
    for (const { callId, call } of calls) this.#calls.set(keyOf(session, callId), call)
  }

  #newResults(session: string, added: readonly Message[], all: readonly Message[]): Addition['results'] {
    const results = added.flatMap(each => each.content).filter(each => each.type === 'toolResult')
    // Some servers give the calls of every answer the same ids: one that waits for its result is another call.
    const fresh = results.filter(({ callId }) => {
      const key = keyOf(session, callId)
      return !this.#results.has(key) || this.#calls.has(key)
    })
    for (const { callId } of fresh) this.#results.set(keyOf(session, callId), true)
    if (fresh.length === 0) return []
    const names = new Map(callsIn(all).map(each => [each.callId, each.name]))
    return fresh.map(result => {
      const name = result.name ?? names.get(result.callId)
      const call = this.#callOf(session, result.callId, name, names)
      return { result: name === undefined ? result : { ...result, name }, call }
    })
  }

  #callOf(
    session: string,
    callId: string,
    name: string | undefined,
    told: ReadonlyMap<string, string>,
  ): KnownCall | undefined {
    const key = keyOf(session, callId)
    const known = this.#calls.get(key)
    if (known) {
      this.#calls.delete(key)
      return known
    }
    // Where the dialect gives no ids (Gemini) those made up for an answer are not those made up for a history: the oldest
    // call of the tool that the history has no id of is the one that is answered first.
    const prefix = keyOf(session, '')
    const isMeant = (each: string): boolean =>
      each.startsWith(prefix) && this.#calls.peek(each)?.name === name && !told.has(each.slice(prefix.length))
    const oldest = [...this.#calls.rkeys()].find(each => each !== undefined && isMeant(each))
    if (oldest === undefined) return undefined
    const call = this.#calls.get(oldest)
    this.#calls.delete(oldest)
    return call
  }
}

/** Sessions share the caches: a call is its session's own. */
function keyOf(session: string, callId: string): string {
  return `${session}\n${callId}`
}

/** Where the model's last turn begins that something follows. */
function lastTurn(messages: readonly Message[]): number {
  const end = messages.findLastIndex(({ role }) => role !== 'assistant')
  const last = messages.findLastIndex(({ role }, i) => i < end && role === 'assistant')
  return messages.findLastIndex(({ role }, i) => i < last && role !== 'assistant') + 1
}

function callsIn(messages: readonly Message[]) {
  return messages.flatMap(each => each.content).filter(each => each.type === 'toolCall')
}

function isOthers({ role }: Message): boolean {
  return role === 'assistant' || role === 'tool'
}

/** The id of the answer that a request goes on from, where its provider holds what went before. */
export function goesOnFrom({ state }: NeutralRequest): string | undefined {
  const before = state?.previousResponseId ?? state?.thread?.previous_message_id
  return typeof before === 'string' ? before : undefined
}

/** What identifies a conversation that has no name: everything up to the user's first message. */
export function openingOf(request: NeutralRequest): string | undefined {
  const first = request.messages.findIndex(each => each.role === 'user')
  if (first < 0) return undefined
  return request.messages
    .slice(0, first + 1)
    .map(each => digestOf('', each))
    .join()
}
