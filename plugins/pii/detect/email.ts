import { isToken } from './characters.ts'
import type { Detector, Match } from './match.ts'

const DOMAIN =
  /^(?:[A-Za-z0-9\u00c0-\u04ff][A-Za-z0-9\u00c0-\u04ff-]{0,62}\.)+(?:xn--[a-z0-9-]{2,40}|[A-Za-z\u00c0-\u04ff]{2,24})(?![A-Za-z0-9]|-[A-Za-z0-9])/
const MAX_LOCAL = 64
/** One character more, to see what follows. */
const MAX_DOMAIN = 256
/** `logo@2x.png` is a file. */
const FILE_ENDING =
  /\.(?:png|jpe?g|gif|svg|webp|ico|avif|css|scss|html?|jsx?|tsx?|mjs|cjs|json|ya?ml|lock|whl|jar|tgz)$/i

/** Finds addresses from their `@`, so that text without one costs a search for a character. */
export const detectEmails: Detector = function* ({ text, from }) {
  for (let at = text.indexOf('@', from); at >= 0; at = text.indexOf('@', at + 1)) {
    const match = addressAround(text, at, from)
    if (match) yield match
  }
}

function addressAround(text: string, at: number, from: number): Match | undefined {
  let start = at
  const first = Math.max(from, at - MAX_LOCAL)
  while (start > first && isLocal(text.charCodeAt(start - 1))) start--
  while (start < at && text[start] === '.') start++
  if (start === at || text[at - 1] === '.') return undefined
  const domain = DOMAIN.exec(text.slice(at + 1, at + 1 + MAX_DOMAIN))?.[0]
  if (domain === undefined || domain.includes('..') || FILE_ENDING.test(domain)) return undefined
  // What stands there in an address of the web is a user and a password: another detector's business.
  if (/:\/\/[\w.~%!$&*+=:-]{0,60}$/.test(text.slice(Math.max(0, start - 64), start))) return undefined
  const end = at + 1 + domain.length
  return { type: 'email', start, end, confidence: confidenceOf(text, start, at, end) }
}

function confidenceOf(text: string, start: number, at: number, end: number): number {
  // The user of a Git remote, and a file on another machine.
  if (text.slice(start, at) === 'git') return 0.4
  if (text[end] === ':' && (text[end + 1] === '/' || text[end + 1] === '~')) return 0.5
  return 0.95
}

/** Of the token characters, those that an address may have before its `@`. */
function isLocal(code: number): boolean {
  return isToken(code) && !EXCLUDED.has(code)
}

const EXCLUDED = new Set([...'!#$&*/:=?@\\^~'].map(each => each.charCodeAt(0)))
