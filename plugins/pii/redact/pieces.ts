import { isToken } from '../detect/characters.ts'
import { isCut } from '../detect/cuts.ts'
import type { Detection } from '../detect/detector.ts'
import { CONTEXT, type Match } from '../detect/match.ts'
import type { Replace } from './replacement.ts'

/** The longest stretch that is looked at in one, and so the most that is ever held back. */
export const WINDOW = 16_384
/** Where a stretch of that length has no place to cut, how much of its end waits for what follows. */
const MARGIN = 512
/** What is kept of the text before, for detectors to read. */
const BEFORE = CONTEXT + 16

/** Redacts a text that is all there. What stands before it may say what it is. */
export function redactWhole(text: string, detection: Detection, replace: Replace, before = ''): string {
  if (text.length > WINDOW) {
    const pieces = new Pieces(detection, replace, before)
    return pieces.push(text) + pieces.end()
  }
  const known = before.slice(-BEFORE)
  const whole = known + text
  const matches = detection.find(whole, known.length)
  return matches.length === 0 ? text : written(whole, known.length, whole.length, matches, replace)
}

function written(text: string, from: number, end: number, matches: readonly Match[], replace: Replace): string {
  let out = ''
  let at = from
  for (const { type, start, end: matchEnd } of matches) {
    out += text.slice(at, start) + replace(type, text.slice(start, matchEnd))
    at = matchEnd
  }
  return out + text.slice(at, end)
}

/**
 * Redacts a text as it arrives. What it has decided depends on the text alone and not on how it was cut: it goes from one
 * place that no match can cross to the next, and where there is none for the length of a window, it decides by exactly
 * that window.
 */
export class Pieces {
  readonly #detection: Detection
  readonly #replace: Replace
  /** A little of what has been passed on, then what has not. */
  #text: string
  #start: number
  /** No place up to here is one to cut. */
  #looked: number
  /** A match longer than a window is open: what belongs to it goes without a trace. */
  #isSwallowed: ((code: number) => boolean) | undefined

  constructor(detection: Detection, replace: Replace, before = '') {
    this.#detection = detection
    this.#replace = replace
    this.#text = before.slice(-BEFORE)
    this.#start = this.#text.length
    this.#looked = this.#start
  }

  push(text: string): string {
    this.#text += text
    return this.#advance(false)
  }

  end(): string {
    return this.#advance(true)
  }

  #advance(isEnd: boolean): string {
    let out = ''
    for (;;) {
      this.#swallow()
      const length = this.#text.length - this.#start
      if (length > WINDOW) {
        const cut = this.#lastCut(this.#start + WINDOW)
        out += cut === undefined ? this.#forced() : this.#pass(cut)
        continue
      }
      const end = isEnd ? this.#text.length : this.#lastCut(this.#text.length - 1)
      return end === undefined || length === 0 ? out : out + this.#pass(end)
    }
  }

  /** The last place to cut up to `limit`, behind which a character is known. */
  #lastCut(limit: number): number | undefined {
    for (let place = limit; place > this.#looked; place--) {
      if (isCut(this.#text, this.#start, place, this.#detection.reach)) return place
    }
    this.#looked = Math.max(this.#looked, limit)
    return undefined
  }

  /** Redacts up to a place and goes on from there. */
  #pass(end: number): string {
    // A part of its own, so that nothing is read beyond the place.
    const part = end === this.#text.length ? this.#text : this.#text.slice(0, end)
    const out = this.#written(this.#detection.find(part, this.#start), end)
    this.#goTo(end)
    return out
  }

  /** A window with no place to cut: what ends well within it is certain, the rest begins the next. */
  #forced(): string {
    const windowEnd = this.#start + WINDOW
    const matches = this.#detection.find(this.#text.slice(0, windowEnd), this.#start)
    const usual = windowEnd - MARGIN - (isHalf(this.#text.charCodeAt(windowEnd - MARGIN)) ? 1 : 0)
    const across = matches.find(({ start, end }) => start < usual && end > usual)
    if (across?.start === this.#start) {
      const out = this.#written([across], across.end)
      const isPem = this.#text.startsWith('-----BEGIN', this.#start)
      this.#goTo(across.end)
      if (across.end === windowEnd) this.#isSwallowed = isPem ? isOfKey : isToken
      return out
    }
    const end = across ? across.start : usual
    const out = this.#written(
      matches.filter(each => each.end <= end),
      end,
    )
    this.#goTo(end)
    return out
  }

  #written(matches: readonly Match[], end: number): string {
    return written(this.#text, this.#start, end, matches, this.#replace)
  }

  #swallow(): void {
    const belongs = this.#isSwallowed
    if (!belongs) return
    let end = this.#start
    while (end < this.#text.length && belongs(this.#text.charCodeAt(end))) end++
    if (end < this.#text.length) this.#isSwallowed = undefined
    this.#goTo(end)
  }

  #goTo(place: number): void {
    const from = Math.max(0, place - BEFORE)
    this.#text = this.#text.slice(from)
    this.#start = place - from
    this.#looked = this.#start
  }
}

function isHalf(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff
}

/** What the lines of a private key are made of. */
function isOfKey(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x20 || isToken(code)
}
