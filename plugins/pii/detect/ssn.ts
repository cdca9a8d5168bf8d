import { between, mayEnd, mayStart, type Row, type RowDetector } from './digit-groups.ts'
import { contextOf, type Match } from './match.ts'

const NAMED =
  /(?:\bssn\b|\bsocial\b|social[ _-]?security|seguro social|s[eé]curit[eé] sociale|sozialversicherung|社会保障|社保|tax ?id|\bitin\b|\btin\b)[^\n]{0,30}$/i
const NOT_ONE = /(?:order|invoice|part|model|item|ticket|sku|serial|ref|case|tracking|phone|tel|isbn)[^\n]{0,16}$/i

/** Finds social security numbers of the United States that could have been issued. */
export const detectSsns: RowDetector = function* (text, row) {
  for (let first = 0; first < row.length; first++) {
    const match = numberAt(text, row, first)
    if (match) yield match
  }
}

function numberAt(text: string, row: Row, first: number): Match | undefined {
  const { start } = row[first]!
  const sizes = [0, 1, 2].map(offset =>
    row[first + offset] ? row[first + offset]!.end - row[first + offset]!.start : 0,
  )
  const isWhole = sizes[0] === 9
  const last = isWhole ? first : first + 2
  if (!isWhole && sizes.join('-') !== '3-2-4') return undefined
  const { end } = row[last]!
  const digits = isWhole
    ? text.slice(start, end)
    : [0, 1, 2].map(offset => text.slice(row[first + offset]!.start, row[first + offset]!.end)).join('')
  if (!mayStart(text, start) || !mayEnd(text, end) || !couldBeIssued(digits)) return undefined
  const context = contextOf(text, start)
  const confidence = isWhole ? bareConfidence(context) : groupedConfidence(text, row, first, context)
  return confidence > 0 ? { type: 'ssn', start, end, confidence } : undefined
}

function bareConfidence(context: string): number {
  return NAMED.test(context) ? 0.85 : 0.3
}

function groupedConfidence(text: string, row: Row, first: number, context: string): number {
  const separator = between(text, row, first)
  if (separator.length !== 1 || separator !== between(text, row, first + 1) || /[()/]/.test(separator)) return 0
  if (NAMED.test(context)) return 0.95
  if (NOT_ONE.test(context)) return 0.5
  return separator === '.' ? 0.5 : separator.trim() === '' ? 0.6 : 0.9
}

function couldBeIssued(digits: string): boolean {
  return !/^(?:000|666|9)|^\d{3}00|0000$/.test(digits) && !/^(\d)\1{8}$/.test(digits)
}
