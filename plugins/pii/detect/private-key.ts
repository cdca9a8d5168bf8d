import type { Detector } from './match.ts'

const BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g
const END = /-----END [A-Z0-9 ]{0,40}-----/
/** What a key is made of: base64, line ends (also written as `\n`), and the header lines of old ones. */
const BODY = /^[A-Za-z0-9+/=\s\\:,.-]*/

/** Finds private keys in PEM form, and the beginnings of such whose end is missing. */
export const detectPrivateKeys: Detector = function* ({ text, from }) {
  if (text.indexOf('-----BEGIN ', from) < 0) return
  const begins = new RegExp(BEGIN)
  begins.lastIndex = from
  for (let found = begins.exec(text); found; found = begins.exec(text)) {
    const start = found.index
    const end = endOf(text, start + found[0].length)
    if (end === undefined) continue
    yield { type: 'secret', start, end, confidence: 0.95 }
    begins.lastIndex = end
  }
}

function endOf(text: string, bodyStart: number): number | undefined {
  const next = text.indexOf('-----BEGIN', bodyStart)
  const rest = text.slice(bodyStart, next < 0 ? undefined : next)
  const bodyEnd = bodyStart + BODY.exec(rest)![0].length
  const found = END.exec(rest)
  if (found && bodyStart + found.index <= bodyEnd) return bodyStart + found.index + found[0].length
  const written = text.slice(bodyStart, bodyEnd).trimEnd()
  return /[A-Za-z0-9+/]{16}/.test(written) ? bodyStart + written.length : undefined
}

/** Whether a text ends within such a key. */
export function endsInPrivateKey(text: string): boolean {
  const begin = text.lastIndexOf('-----BEGIN')
  if (begin < 0) return false
  const rest = text.slice(begin)
  if (/^-----BEGIN(?: [A-Z0-9 ]{0,40}-{0,4})?$/.test(rest)) return true
  const found = /^-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/.exec(rest)
  const body = found ? rest.slice(found[0].length) : ''
  return found !== null && BODY.exec(body)![0].length === body.length && !END.test(body)
}
