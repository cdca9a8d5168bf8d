import { between, digitCount, digitsOf, mayEnd, mayStart, type Row, type RowDetector } from './digit-groups.ts'
import { contextOf, type Match } from './match.ts'

/** How the numbers of a brand begin, and how long they are. */
const BRANDS: readonly (readonly [prefix: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65)/, [16, 17, 18, 19]],
  [/^35(?:2[89]|[3-8])/, [16, 17, 18, 19]],
  [/^(?:30[0-5]|3095|3[689])/, [14, 15, 16, 17, 18, 19]],
  [/^(?:62|81)/, [16, 17, 18, 19]],
  [/^(?:5018|5020|5038|5893|6304|6759|676[1-3])/, [13, 14, 15, 16, 17, 18, 19]],
  [/^220[0-4]/, [16, 17, 18, 19]],
  // Debit cards of many banks. Of other lengths they are rare, and numbers that are no cards are not.
  [/^(?:50|5[6-9]|6[0-9])/, [16]],
]
const NAMED = /(?:card|kreditkarte|carte|tarjeta|cart[aã]o|visa|mastercard|amex|карт|卡|pan\b|cc\b)[^\n]{0,30}$/i

/** Finds card numbers: 13 to 19 digits, in one piece or in groups, whose last digit checks. */
export const detectCards: RowDetector = function* (text, row) {
  for (let first = 0; first < row.length; first++) {
    const match = longestFrom(text, row, first)
    if (match) yield match
  }
}

function longestFrom(text: string, row: Row, first: number): Match | undefined {
  if (!mayStart(text, row[first]!.start)) return undefined
  let longest: Match | undefined
  for (let last = first; last < row.length; last++) {
    const count = digitCount(row, first, last)
    if (count > 19 || (last > first && !/^[ \u00a0\u202f\u2009\u2010-\u2014-]$/.test(between(text, row, last - 1))))
      break
    const { start } = row[first]!
    const { end } = row[last]!
    if (count < 13 || !mayEnd(text, end) || !isWellGrouped(row, first, last)) continue
    const digits = digitsOf(text, row, first, last)
    if (!hasLuhnDigit(digits) || /^(\d)\1+$/.test(digits)) continue
    longest = {
      type: 'credit_card',
      start,
      end,
      confidence: confidenceOf(digits, first < last, contextOf(text, start)),
    }
  }
  return longest
}

function confidenceOf(digits: string, isGrouped: boolean, context: string): number {
  const isOfBrand = BRANDS.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits))
  // Long numbers in one piece are more often somebody's identifiers.
  if (isOfBrand) return digits.length > 16 && !isGrouped ? 0.8 : 0.95
  // One number in ten has the right last digit by chance.
  return NAMED.test(context) ? 0.85 : isGrouped ? 0.7 : 0.5
}

/** 4-4-4-4, 4-6-5, 4-6-4, 4-4-4-4-3: no group shorter than two, none of odd size before the last. */
function isWellGrouped(row: Row, first: number, last: number): boolean {
  if (first === last) return true
  for (let index = first; index <= last; index++) {
    const length = row[index]!.end - row[index]!.start
    if (index < last ? length < 4 || length > 8 : length < 1 || length > 7) return false
  }
  return true
}

/** The check of ISO/IEC 7812. */
function hasLuhnDigit(digits: string): boolean {
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 0x30
    sum += index % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum % 10 === 0
}
