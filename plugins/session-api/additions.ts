import type { Message } from 'lunaroute/neutral'

/** So many requests of an agent are compared with: between two turns it may name the session, say, or try a thing twice. */
export const RECENT = 4

interface Said {
  /** What stands before the first turn: instructions. */
  readonly opening: ReadonlySet<string>
  readonly turns: readonly string[]
}

/**
 * What requests have beyond those before them. The answer that the history repeats is not new; a history that was
 * rewritten (compacted, say) is new from where it differs. Instructions are new where they differ, and only they.
 */
export class Additions {
  readonly #said = new Map<string, readonly Said[]>()

  /** Requests of an agent are given in their order. */
  of(messages: readonly Message[], agent: string): readonly Message[] {
    const begin = messages.findIndex(each => each.role !== 'system' && each.role !== 'developer')
    const opening = begin < 0 ? messages : messages.slice(0, begin)
    const turns = messages.slice(opening.length)
    const said: Said = { opening: new Set(opening.map(wordsOf)), turns: turns.map(wordsOf) }
    const past = this.#said.get(agent) ?? []
    this.#said.set(agent, [...past, said].slice(-RECENT))
    let same = 0
    let isContinued = false
    for (const each of past) {
      const shared = sharedOf(each.turns, said.turns)
      if (shared < same || shared === 0) continue
      same = shared
      isContinued = shared === each.turns.length
    }
    if (isContinued) while (turns[same]?.role === 'assistant') same++
    return [...opening.filter(message => !past.some(each => each.opening.has(wordsOf(message)))), ...turns.slice(same)]
  }
}

/** How many messages two conversations begin with in common. */
function sharedOf(a: readonly string[], b: readonly string[]): number {
  let same = 0
  while (same < a.length && a[same] === b[same]) same++
  return same
}

/** What a message says: clients write the same text now as a string and now as a list, which is another place of it. */
function wordsOf(message: Message): string {
  return JSON.stringify(message, (key, value) => (key === 'at' ? undefined : value))
}
