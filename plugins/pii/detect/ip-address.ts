import { isIPv6 } from 'node:net'
import { isWord } from './characters.ts'
import { contextOf, type Detector, type Match } from './match.ts'

const VERSION =
  /(?:\bv|version|release|\brev|build|upgrad\w*|\bsdk|firmware|driver|\bchapter|section|clause|§|assembly|package|dependency|\brfc|\boid|chrom\w+|edg\w?|==|>=|<=|~=|=>)[^\n\d]{0,16}$|(?:kernel|linux|windows|macos|firefox|safari|nginx|python)[ /-]$/i
const NAMED =
  /(?:\bip|addr|host|server|client|remote|peer|from|\bat|gateway|\bdns|ping|ssh|connect|source|origin|forwarded|login)[^\n]{0,20}$/i
const MASK = /^255\.(?:255|254|252|248|240|224|192|128|0)\./

/** Finds IPv4 addresses that stand for somebody: not this machine, not nobody, no masks and no versions. */
export const detectIpv4: Detector = function* ({ text, from }) {
  const pattern = /\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}/g
  pattern.lastIndex = from
  for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
    const start = found.index
    const [quad] = found
    const end = start + quad.length
    const confidence = isFree(text, start, end) ? quadConfidence(text, quad, start, end) : 0
    if (confidence > 0) yield { type: 'ip_address', start, end, confidence }
    else pattern.lastIndex = text.indexOf('.', start)
  }
}

function isFree(text: string, start: number, end: number): boolean {
  const before = text.charCodeAt(start - 1)
  if (isWord(before) || before === 0x2e) return false
  const isWordBefore = isWord(text.charCodeAt(start - 2))
  // `Chrome/120.0.0.0` and `driver-1.2.3.4`; but `//192.0.2.1`.
  if (
    (before === 0x2f || before === 0x2d) &&
    isWordBefore &&
    !/\bip-$/i.test(text.slice(Math.max(0, start - 4), start))
  )
    return false
  const after = text.charCodeAt(end)
  if (isWord(after)) return false
  return !((after === 0x2e || after === 0x2d) && isWord(text.charCodeAt(end + 1)))
}

function quadConfidence(text: string, quad: string, start: number, end: number): number {
  const octets = quad.split('.')
  if (octets.some(each => Number(each) > 255 || (each.length > 1 && each.startsWith('0')))) return 0
  if (octets[0] === '0' || octets[0] === '127' || MASK.test(`${quad}.`)) return 0
  // The address of a network is nobody's.
  if (/^\/\d/.test(text.slice(end, end + 2)) && octets[3] === '0') return 0.5
  const context = contextOf(text, start)
  if (VERSION.test(context) && !/\b(?:ip|addr\w*)\b[^\n]{0,8}$/i.test(context)) return 0.4
  if (/\.0\.0$/.test(quad)) return 0.5
  if (octets[0]!.length > 1) return 0.95
  // Versions and sections begin with one digit, most addresses do not.
  if (/[@=~^<>]$/.test(context)) return 0.5
  return NAMED.test(context) || /(?:^|\n|\/\/)$/.test(context) ? 0.85 : 0.6
}

/** Global, local, multicast and mapped addresses. Others are no longer or not yet given to anybody. */
const KNOWN = /^(?:[23][0-9a-f]{3}:|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:|ff[0-9a-f]{2}:|64:ff9b:|::ffff:)/i

/** Finds IPv6 addresses, short forms included. */
export const detectIpv6: Detector = function* ({ text, from }) {
  for (const { start, end } of colonRuns(text, from)) {
    const match = addressIn(text, start, end)
    if (match) yield match
  }
}

/** Runs of hexadecimal groups, found by two colons with no more than a group between them. */
function* colonRuns(text: string, from: number): Generator<{ readonly start: number; readonly end: number }> {
  const pattern = /:[0-9a-f]{0,4}:[0-9a-f:.]{0,45}/gi
  pattern.lastIndex = from
  for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
    let start = found.index
    while (start > from && found.index - start < 4 && isHex(text.charCodeAt(start - 1))) start--
    yield { start, end: found.index + found[0].length }
  }
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66)
}

function addressIn(text: string, from: number, to: number): Match | undefined {
  let start = from
  let end = to
  // The colon of `host: ::1` or of a sentence is not the address's.
  while (end > start && (text[end - 1] === '.' || (text[end - 1] === ':' && text[end - 2] !== ':'))) end--
  const before = text.charCodeAt(start - 1)
  if (text[start] === ':' && text[start + 1] !== ':') start++
  else if (isWord(before) || before === 0x3a || before === 0x2e) return undefined
  if (isWord(text.charCodeAt(end))) return undefined
  const address = text.slice(start, end)
  if (address.length < 4 || !isIPv6(address)) return undefined
  if (/^(?:::1|0*(?::0*)*:0*1?)$/.test(address)) return undefined
  return { type: 'ip_address', start, end, confidence: confidenceOf(address) }
}

function confidenceOf(address: string): number {
  if (!/\d/.test(address)) return 0.4
  if (KNOWN.test(address)) return 0.95
  return address.split(':').filter(Boolean).length >= 6 ? 0.75 : 0.5
}
