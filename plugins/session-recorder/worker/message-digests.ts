import { hash as digestAtOnce } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Block, MediaSource, Message } from 'lunaroute/neutral'

/** What is remembered of all sessions together, in bytes of their requests. Mostly it is remembered of their bodies anyway. */
const MAX_BYTES = 16 * 1024 * 1024

/** Digests of a conversation's messages, in order. */
export interface MessageDigests {
  /** Of each by itself. */
  readonly alone: readonly string[]
  /** Of each with all that went before it. */
  readonly chains: readonly string[]
}

interface Said extends MessageDigests {
  readonly begin: string
  readonly messages: readonly Message[]
  readonly size: number
}

/** Digests messages of sessions, and those that a session's request repeats from the one before only once. */
export class MessageDigester {
  readonly #said = new LRUCache<string, Said>({ maxSize: MAX_BYTES, sizeCalculation: each => each.size })

  /** `begin` is what the conversation goes on from, `size` that of the whole request in bytes. */
  digest(session: string, begin: string, messages: readonly Message[], size: number): MessageDigests {
    const before = this.#said.get(session)
    const isSaid = messages.map((each, i) => before?.messages[i] !== undefined && isSame(each, before.messages[i]))
    const alone = messages.map((each, i) => (isSaid[i] ? before!.alone[i]! : digestOf(session, each)))
    const changed = before?.begin === begin ? isSaid.indexOf(false) : 0
    const known = changed < 0 ? messages.length : changed
    const chains = before?.chains.slice(0, known) ?? []
    for (const each of alone.slice(known)) chains.push(hash(chains.at(-1) ?? begin, each))
    // Those that are there already, which have long been looked at by the collector.
    const kept = messages.map((each, i) => (isSaid[i] ? before!.messages[i]! : each))
    this.#said.set(session, { begin, messages: kept, alone, chains, size: Math.max(1, size) })
    return { alone, chains }
  }
}

/** What a message says, without what clients change from turn to turn: cache marks, and text as string or as list. */
export function digestOf(session: string, { role, content }: Message): string {
  // At once: of several updates each costs as much as a hundred bytes.
  return hash(`${session}\n${role}`, content.map(textOf).join('\0'))
}

/** Texts are most of it, and hashed as they are: making JSON of them would cost as much again. */
function textOf(block: Block): string {
  switch (block.type) {
    case 'text':
      return block.text
    case 'toolResult':
      return `result ${block.callId} ${block.content.length}\0${block.content.map(textOf).join('\0')}`
    default:
      return JSON.stringify(partOf(block))
  }
}

function partOf(block: Exclude<Block, { type: 'text' | 'toolResult' }>): unknown {
  switch (block.type) {
    case 'toolCall':
      return ['call', block.callId, block.name, block.input]
    case 'reasoning':
      return ['reasoning', block.parts.map(each => each.text)]
    case 'image':
    case 'document':
    case 'video':
      return [block.type, block.source]
    default:
      return [block.type, block.id]
  }
}

function hash(before: string, text: string): string {
  return digestAtOnce('sha1', `${before}\n${text}`, 'base64')
}

/** Whether two messages have one digest, where that is told without making one. Texts that are one string are equal at once. */
function isSame(a: Message, b: Message): boolean {
  return a.role === b.role && areSame(a.content, b.content)
}

function areSame(a: readonly Block[], b: readonly Block[]): boolean {
  return a.length === b.length && a.every((each, i) => isSameBlock(each, b[i]!))
}

function isSameBlock(a: Block, b: Block): boolean {
  switch (a.type) {
    case 'text':
      return b.type === 'text' && a.text === b.text
    case 'toolCall':
      return b.type === 'toolCall' && a.callId === b.callId && a.name === b.name && a.input === b.input
    case 'toolResult':
      return b.type === 'toolResult' && a.callId === b.callId && areSame(a.content, b.content)
    case 'image':
    case 'document':
    case 'video':
      return b.type === a.type && isSameSource(a.source, b.source)
    default:
      return false
  }
}

function isSameSource(a: MediaSource, b: MediaSource): boolean {
  if (a.type !== 'base64' || b.type !== 'base64' || a.extra || b.extra) return false
  return a.mediaType === b.mediaType && a.data === b.data
}
