import { isWord, MAX_SEPARATORS, SEPARATORS } from './characters.ts'
import { allMatches, type Detector, type Match } from './match.ts'

/** Digits with nothing between them. */
export interface Group {
  readonly start: number
  readonly end: number
}

/** Groups that only separators part: `+1 (212) 555-0123`, or a date and a card behind it. */
export type Row = readonly Group[]

/** Finds one kind of number in a row of groups. */
export type RowDetector = (text: string, row: Row) => Iterable<Match>

/** The shortest number that anybody looks for. */
const MIN_DIGITS = 7

/** Looks at each row of a text once, for all kinds of numbers. */
export function numberDetector(detectors: readonly RowDetector[]): Detector {
  return function* ({ text, from }) {
    for (const row of digitRows(text, from)) for (const detect of detectors) yield* detect(text, row)
  }
}

const ROW = new RegExp(`\\d(?:${SEPARATORS}{0,${MAX_SEPARATORS}}\\d){${MIN_DIGITS - 1},}`, 'g')

function* digitRows(text: string, from: number): Generator<Row> {
  for (const found of allMatches(ROW, text, from)) {
    const row: Group[] = []
    for (const { index, 0: digits } of found[0].matchAll(/\d+/g)) {
      row.push({ start: found.index + index, end: found.index + index + digits.length })
    }
    yield row
  }
}

/** The text between two neighbours of a row. */
export function between(text: string, row: Row, index: number): string {
  return text.slice(row[index]!.end, row[index + 1]!.start)
}

/** The digits alone of groups `first` to `last`. */
export function digitsOf(text: string, row: Row, first: number, last: number): string {
  let digits = ''
  for (let index = first; index <= last; index++) digits += text.slice(row[index]!.start, row[index]!.end)
  return digits
}

/** How many digits groups `first` to `last` have. */
export function digitCount(row: Row, first: number, last: number): number {
  let count = 0
  for (let index = first; index <= last; index++) count += row[index]!.end - row[index]!.start
  return count
}

/** Whether a number may begin here: not in the middle of a word, an identifier with hyphens, or a decimal. */
export function mayStart(text: string, start: number): boolean {
  const before = text.charCodeAt(start - 1)
  if (isWord(before) || before === 0x25) return false
  // `550e8400-e29b-41d4-a716-446655440000`, `1.5555550100`: a hyphen or dot that continues something with a digit in it.
  if (before === 0x2d || before === 0x2e || before === 0x5f)
    return !/[\d][A-Za-z\d-]*$/.test(text.slice(Math.max(0, start - 25), start - 1))
  return true
}

/** Whether a number may end here. */
export function mayEnd(text: string, end: number): boolean {
  const after = text.charCodeAt(end)
  if (isWord(after) || after === 0x25) return false
  if (after === 0x2d || after === 0x2e || after === 0x3a) return !isWord(text.charCodeAt(end + 1))
  return true
}
