import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { isDigit, isWord } from './characters.ts'
import { between, digitCount, mayEnd, mayStart, type Row, type RowDetector } from './digit-groups.ts'
import { contextOf, type Match } from './match.ts'

const NAMED =
  /(?:phone|\btel\b|\btelef|t[eé]l[eé]?\b|\bt[eé]l[eé]phon|mobil|\bcell|m[oó]vil|\bfax\b|whats ?app|\bsms\b|\bcall(?:ed|ing| me| us| him| her| them)?\b|\btext (?:me|him|her|us)\b|\bdial|hotline|handy|rufnummer|num[eé]ro de t|celular|numero di t|cellulare|ligue|llama|appele|телефон|тел\.|电话|手机|電話|携帯|전화)[^\n\d]{0,28}$/i
const NOT_ONE =
  /(?:\border|invoice|\bisbn|\bissn|version|\bbuild|ticket|\bsku|serial|\bref\b|account|acct|\bid\b|\bids\b|part ?(?:no|number)|model|rfc|\bpid|\bport|bytes|\bsize|total|\bsum|tracking|#)[^\n]{0,12}$/i
const DATE = /^(?:(?:19|20)\d\d[-/. ][01]?\d[-/. ][0-3]?\d|[0-3]?\d[-/. ][0-3]?\d[-/. ](?:19|20)\d\d)/

/** Finds telephone numbers by their shape, and asks libphonenumber about those that only a country's plan can tell. */
export function phoneDetector(regions: readonly string[]): RowDetector {
  return function* (text, row) {
    for (let first = 0; first < row.length; first++) {
      const match = longestFrom(text, row, first, regions)
      if (match) yield match
    }
  }
}

/** As many groups as any country writes, and more digits than any has. */
const MAX_GROUPS = 7

function longestFrom(text: string, row: Row, first: number, regions: readonly string[]): Match | undefined {
  const { start, isInternational } = beginning(text, row[first]!.start)
  const digit = row[first]!.start
  if (isInternational ? isWord(text.charCodeAt(start - 1)) : !mayStart(text, start)) return undefined
  let last = first
  while (last + 1 < row.length && last - first + 1 < MAX_GROUPS && digitCount(row, first, last + 1) <= 15) last++
  for (; last >= first; last--) {
    const { end } = row[last]!
    const count = digitCount(row, first, last)
    if (count < 7) return undefined
    if (count > 15 || !mayEnd(text, end)) continue
    const candidate = {
      text,
      row,
      first,
      last,
      digit,
      context: contextOf(text, start),
      written: text.slice(start, end),
    }
    const confidence = isInternational ? internationalConfidence(candidate) : nationalConfidence(candidate, regions)
    if (confidence > 0) return { type: 'phone', start, end, confidence }
  }
  return undefined
}

interface Candidate {
  readonly text: string
  readonly row: Row
  readonly first: number
  readonly last: number
  readonly digit: number
  readonly context: string
  readonly written: string
}

/** A number begins with its plus sign or its parenthesis. */
function beginning(text: string, digit: number): { readonly start: number; readonly isInternational: boolean } {
  if (text[digit - 1] === '+') {
    return { start: text[digit - 2] === '(' ? digit - 2 : digit - 1, isInternational: true }
  }
  return { start: text[digit - 1] === '(' ? digit - 1 : digit, isInternational: false }
}

function internationalConfidence({ written, text, digit }: Candidate): number {
  // `1+2125550123` is a sum.
  if (isDigit(text.charCodeAt(digit - 2))) return 0
  const number = parsePhoneNumberFromString(written)
  if (number?.isValid()) return 0.95
  return number?.isPossible() ? 0.8 : 0
}

function nationalConfidence(candidate: Candidate, regions: readonly string[]): number {
  const { row, first, last, context, written } = candidate
  const count = digitCount(row, first, last)
  const isNamed = NAMED.test(context)
  if (DATE.test(written) || /^\d+\.\d+$/.test(written) || !hasOneStyle(candidate)) return 0
  const american = americanConfidence(candidate)
  if (american > 0) return isNamed ? 0.9 : NOT_ONE.test(context) ? 0.5 : american
  if (written.startsWith('00') && count >= 10) {
    const number = parsePhoneNumberFromString(`+${written.slice(2)}`)
    return number?.isValid() ? (isNamed ? 0.9 : 0.75) : 0
  }
  if (isNamed && !NOT_ONE.test(context)) return 0.75
  const isTrunk = /^\(?0[1-9]/.test(written) && last > first && count >= 9
  // In the middle of a row of groups a zero is a zero.
  if (!isTrunk || first > 0 || NOT_ONE.test(context) || !isSpaced(candidate)) return 0
  return regions.some(region => parsePhoneNumberFromString(written, region as CountryCode)?.isValid()) ? 0.75 : 0
}

/** `(212) 555-0123`, `212-555-0123`, `1-212-555-0123`, `212.555.0123`, `212 555 0123`. */
function americanConfidence({ text, row, first, last, written }: Candidate): number {
  const sizes = row.slice(first, last + 1).map(({ start, end }) => end - start)
  const isWithCountry = sizes[0] === 1 && text[row[first]!.start] === '1'
  const [area, exchange, line] = isWithCountry ? sizes.slice(1) : sizes
  if (area !== 3 || exchange !== 3 || line !== 4 || sizes.length !== (isWithCountry ? 4 : 3)) return 0
  const at = isWithCountry ? first + 1 : first
  const code = text.charCodeAt(row[at]!.start)
  if (code < 0x32) return 0
  const isOfPlan = text.charCodeAt(row[at + 1]!.start) >= 0x32
  const isInvented = text.slice(row[at]!.start, row[at]!.end) === '555'
  if (written.includes('(')) return isOfPlan || isInvented ? 0.9 : 0.75
  const separator = between(text, row, at + 1).trim()
  if (separator === '.') return isOfPlan ? 0.8 : 0.6
  if (!isOfPlan && !isInvented) return 0.5
  return separator === '' ? 0.75 : 0.85
}

/** No number has a slash here and dots there; a parenthesis and one kind of separator it may have. */
function hasOneStyle({ text, row, first, last }: Candidate): boolean {
  const kinds = new Set<string>()
  for (let index = first; index < last; index++) {
    const written = between(text, row, index)
    if (/[)(]/.test(written)) continue
    kinds.add(/\s/.test(written) && written.trim() === '' ? ' ' : written.trim())
  }
  return kinds.size <= 2 && !(kinds.has('.') && kinds.size > 1)
}

/** Dots are for versions and dates as well, unless all groups are pairs, as in France. */
function isSpaced({ written }: Candidate): boolean {
  return !written.includes('.') || /^0\d(?:\.\d\d){4}$/.test(written)
}
