import type { Block, JsonObject } from 'lunaroute/neutral'
import { censusOf, type Item, type Kind } from './census.ts'
import type { Side } from './dialects.ts'
import type { Sent } from './request-path.ts'
import { isCovered } from './told.ts'

/** Where an item may be found again. A place that is not its own has to be told. */
const PLACES: Readonly<Record<Kind, readonly Kind[]>> = {
  text: ['text'],
  instruction: ['instruction'],
  tool: ['tool'],
  call: ['call'],
  // A document that is plain text becomes a text of the message.
  media: ['media', 'text', 'result'],
  result: ['result'],
}

/** What became of the items of one request. */
export interface Account {
  readonly items: number
  readonly told: number
  /** Items that are not there any more, and nobody was told. */
  readonly lost: readonly string[]
  /** Diagnostics that something was left out which is there. */
  readonly untrue: readonly string[]
}

/** Every item of the source is in what was written, in a place of its kind, or a diagnostic names its path. */
export function account(client: Side, provider: Side, body: JsonObject, sent: Sent): Account {
  const { diagnostics, reversal } = sent
  const before = censusOf(client.codec.dialect, body)
  const after = new Found(censusOf(provider.codec.dialect, sent.body), name => nameOf(reversal.block(callTo(name))))
  let told = 0
  const lost: string[] = []
  const untrue: string[] = []
  for (const item of before) {
    const isKept = after.take(item)
    const dropped = diagnostics.find(({ action, path }) => action === 'dropped' && path === item.path)
    if (isKept && dropped) untrue.push(`${item.kind} at ${item.path} is there, yet "${dropped.reason}"`)
    if (isKept) continue
    if (isCovered(item.path, diagnostics)) told++
    else lost.push(`${item.kind} at ${item.path} is lost without a word: ${item.said.slice(0, 100)}`)
  }
  return { items: before.length, told, lost, untrue }
}

/** The items of what was written, each found once. */
class Found {
  readonly #texts = new Map<Kind, { text: string; from: Map<string, number> }>()
  readonly #whole: Item[]

  constructor(items: readonly Item[], asKnown: (name: string) => string) {
    this.#whole = items
      .filter(({ kind }) => kind === 'call' || kind === 'tool' || kind === 'media' || kind === 'result')
      .map(item => {
        if (item.kind === 'tool') return { ...item, said: asKnown(item.said) }
        return item.kind === 'call' ? { ...item, said: canonical(item.said), name: asKnown(item.name!) } : item
      })
    for (const kind of ['text', 'instruction', 'result'] as const) {
      const text = items.flatMap(item => (item.kind === kind ? [inJson(item.said)] : [])).join('\n')
      this.#texts.set(kind, { text, from: new Map() })
    }
  }

  take({ kind, said, name }: Item): boolean {
    return PLACES[kind].some(place => {
      if (place === 'call') return this.#takeWhole(each => each.name === name && each.said === canonical(said), place)
      if (place === 'tool') return this.#takeWhole(each => each.said === said, place)
      if (place === 'media') return this.#takeWhole(each => isSameData(each.said, said), place)
      const text = kind === 'media' ? Buffer.from(said, 'base64').toString() : said
      if (this.#takeText(text, place)) return true
      // Results are objects in Gemini and texts elsewhere.
      return place === 'result' && this.#takeWhole(each => canonical(each.said) === canonical(text), place)
    })
  }

  #takeWhole(fits: (item: Item) => boolean, kind: Kind): boolean {
    const found = this.#whole.findIndex(item => item.kind === kind && fits(item))
    if (found < 0) return false
    this.#whole.splice(found, 1)
    return true
  }

  /** A text may have been joined with others. Said twice, it must be there twice. */
  #takeText(said: string, kind: Kind): boolean {
    const wanted = inJson(said)
    const { text, from } = this.#texts.get(kind)!
    const found = text.indexOf(wanted, from.get(wanted) ?? 0)
    if (found >= 0) from.set(wanted, found + wanted.length)
    return found >= 0
  }
}

function nameOf(block: Block): string {
  return 'name' in block ? String(block.name) : ''
}

function callTo(name: string) {
  return { type: 'toolCall', callId: '', name, inputType: 'json', input: '' } as const
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** Base64 in either alphabet. */
function isSameData(a: string, b: string): boolean {
  const plain = (text: string) => text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  return a === b || plain(a) === plain(b)
}

/** JSON with the keys of its objects in one order. */
function canonical(text: string): string {
  try {
    return JSON.stringify(sorted(JSON.parse(text)))
  } catch {
    return text
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}
