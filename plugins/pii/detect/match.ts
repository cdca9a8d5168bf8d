/** What is found without anybody naming it, in the order of the documentation. */
export const TYPES = ['email', 'phone', 'ssn', 'credit_card', 'ip_address', 'iban', 'api_key', 'secret'] as const

export type PiiType = (typeof TYPES)[number]

/** Something personal or secret, in UTF-16 units of the text it was found in. */
export interface Match {
  /** One of `TYPES`, or the name of a custom pattern. */
  readonly type: string
  readonly start: number
  readonly end: number
  /** 0 to 1: how sure the detector is. */
  readonly confidence: number
}

/** A stretch of text to look at. What stands before `from` may be read, and tells what follows from it. */
export interface Span {
  readonly text: string
  readonly from: number
}

/**
 * Finds one kind of thing. A detector may read `CONTEXT` characters before a candidate, and after it no further than the
 * run of token characters goes: then what it finds does not depend on how a text was cut (see cuts.ts).
 */
export type Detector = (span: Span) => Iterable<Match>

/** How far back words are looked for that say what a number is. */
export const CONTEXT = 48

/** The words before a candidate. */
export function contextOf(text: string, start: number): string {
  return text.slice(Math.max(0, start - CONTEXT), start)
}

/** All matches of a pattern from a place on. `matchAll` would begin with a copy of the pattern, which costs more than a word. */
export function* allMatches(pattern: RegExp, text: string, from: number): Generator<RegExpExecArray> {
  let next = from
  for (;;) {
    // Set anew each time: the pattern may be in use elsewhere by the next.
    pattern.lastIndex = next
    const found = pattern.exec(text)
    if (!found) return
    next = found.index + Math.max(1, found[0].length)
    yield found
  }
}

/** The most confident of what overlaps, then the longest, then the first; in the order of the text. */
export function resolveOverlaps(matches: readonly Match[]): readonly Match[] {
  if (matches.length < 2) return matches
  const best = [...matches].sort(
    (a, b) => b.confidence - a.confidence || b.end - b.start - (a.end - a.start) || a.start - b.start,
  )
  const kept: Match[] = []
  // Chosen matches never overlap, so they stay sorted by both ends and a search finds the one neighbour that matters.
  for (const match of best) {
    const place = placeOf(kept, match.start)
    const before = kept[place - 1]
    const after = kept[place]
    if ((before && before.end > match.start) || (after && after.start < match.end)) continue
    kept.splice(place, 0, match)
  }
  return kept
}

/** How many of the sorted matches start at or before a place. */
function placeOf(sorted: readonly Match[], start: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]!.start <= start) low = middle + 1
    else high = middle
  }
  return low
}
