import { isToken } from './characters.ts'
import { ASSIGNMENT, MAX_QUOTED, namesSecret } from './keywords.ts'
import { allMatches, CONTEXT, type Detector, type Match } from './match.ts'
import { isPlaceholder, isRandom } from './placeholder.ts'

/** Finds what is secret by its form or by the word before it: tokens, private keys, passwords. */
export const detectSecrets: Detector = function* (span) {
  yield* jsonWebTokens(span)
  yield* authorizations(span)
  yield* passwordsInUrls(span)
  yield* assignments(span)
}

const JSON_WEB_TOKEN = /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){2,4}/g

const jsonWebTokens: Detector = function* ({ text, from }) {
  if (text.indexOf('eyJ', from) < 0) return
  for (const found of allMatches(JSON_WEB_TOKEN, text, from)) {
    // `eyJhbGciOiJIUzI1NiJ9...` is the beginning of an example.
    if (found[0].length >= 40) yield secret(found.index, found[0].length, 0.95)
  }
}

const AUTHORIZATION = /(?<![A-Za-z0-9_])(bearer|basic)[ \t]{1,3}([A-Za-z0-9._~+/=-]{8,})/gi

const authorizations: Detector = function* ({ text, from }) {
  for (const found of allMatches(AUTHORIZATION, text, from)) {
    const [whole, scheme = '', value = ''] = found
    const isSecret = /^basic$/i.test(scheme)
      ? isPair(value)
      : value.length >= 16 && !isPlaceholder(value) && isRandom(value, 8)
    if (isSecret) yield secret(found.index + whole.length - value.length, value.length, 0.9)
  }
}

/** A user and a password in base64. */
function isPair(value: string): boolean {
  return (
    /^[A-Za-z0-9+/]+={0,2}$/.test(value) &&
    /^[\x20-\x7e]+:[\x20-\x7e]*$/.test(Buffer.from(value, 'base64').toString('latin1'))
  )
}

/** `postgres://user:password@host`. */
const URL_PASSWORD = /:\/\/[\w.~%!$&*+=-]{0,64}:([\w.~%!$&*+=^#?-]{3,128})@(?=[A-Za-z0-9])/g

const passwordsInUrls: Detector = function* ({ text, from }) {
  if (text.indexOf('://', from) < 0) return
  for (const found of allMatches(URL_PASSWORD, text, from)) {
    const password = found[1]!
    const start = found.index + found[0].length - 1 - password.length
    if (!isPlaceholder(password)) yield secret(start, password.length, 0.9)
  }
}

const ASSIGNED = new RegExp(ASSIGNMENT, 'gi')

const assignments: Detector = function* ({ text, from }) {
  const runEnd = tokenRuns(text)
  // The name may stand before: the key of a JSON value does.
  for (const found of allMatches(ASSIGNED, text, Math.max(0, from - CONTEXT))) {
    const [whole, name = '', operator = ''] = found
    if (!namesSecret(name, text.slice(Math.max(0, found.index - 16), found.index))) continue
    const value = valueAt(text, found.index + whole.length, runEnd)
    const confidence = value ? confidenceOf(name, operator, value) : 0
    if (value && value.start >= from && confidence > 0) yield secret(value.start, value.text.length, confidence)
  }
}

interface Value {
  readonly text: string
  readonly start: number
  readonly isQuoted: boolean
}

const QUOTED = new RegExp(
  `^\\\\{0,3}(?:"([^"\\\\\\n]{1,${MAX_QUOTED}})\\\\{0,3}"|'([^'"\\\\\\n]{1,${MAX_QUOTED}})\\\\{0,3}')`,
)

function valueAt(text: string, at: number, runEnd: (start: number) => number): Value | undefined {
  const found = QUOTED.exec(text.slice(at, at + MAX_QUOTED + 10))
  const quoted = found?.[1] ?? found?.[2]
  if (found && quoted !== undefined) return { text: quoted, start: at + found[0].indexOf(quoted), isQuoted: true }
  const start = text[at] === '"' || text[at] === "'" ? at + 1 : at
  let end = runEnd(start)
  // A call or an index: code, and no value.
  if (text[end] === '(' || text[end] === '[' || text[end] === '<') return undefined
  while (end > start && (text[end - 1] === '.' || text[end - 1] === ':' || text[end - 1] === '\\')) end--
  return end > start ? { text: text.slice(start, end), start, isQuoted: false } : undefined
}

function confidenceOf(name: string, operator: string, { text: whole, isQuoted }: Value): number {
  // What is long shows what it is soon.
  const text = whole.slice(0, 256)
  if (isPlaceholder(text) || /^[{[(<]/.test(text)) return 0
  const isMixed = /\d/.test(text) && /[^\d.:,/-]/.test(text)
  if (/key|token|secret|credential/i.test(name))
    return text.length >= 12 && isRandom(text, 8) && !/\s/.test(text) ? 0.85 : 0
  if (text.length < 4 || /^\d{1,3}$/.test(text)) return 0
  const isSentence = /\s\S+\s/.test(text)
  if (isQuoted) return isSentence ? 0 : isMixed || /^\S{6,}$/.test(text) ? 0.8 : 0
  if (/^[ \t]/.test(operator) && /^\p{L}{6,24}$/u.test(text)) return SAID_OF_PASSWORDS.test(text) ? 0 : 0.7
  const isStrange = isMixed || /^\d{6,}$/.test(text) || /[!$%&*?#@^~]/.test(text)
  return text.length >= 6 && isStrange && !/[=/]{2}/.test(text) ? 0.8 : 0
}

/** Where the run of token characters around a place ends. Asked from left to right, so that each is walked once. */
function tokenRuns(text: string): (start: number) => number {
  let end = 0
  return start => {
    if (start >= end) for (end = start; end < text.length && isToken(text.charCodeAt(end)); ) end++
    return end
  }
}

/** `my password is swordfish`, but not `the password is incorrect`. */
const SAID_OF_PASSWORDS =
  /(?:ed|ing|ly|ive|ent|ant|able|ible|ory|ious|less|ful)$|^(?:incorrect|correct|invalid|wrong|empty|unknown|secret|strong|simple|always|usually|another|shorter|longer|stronger|weaker|shown|written|hidden|forgotten|broken|chosen|between|within|inside|behind|default|something|nothing|falsch|ungültig|richtig)$/i

function secret(start: number, length: number, confidence: number): Match {
  return { type: 'secret', start, end: start + length, confidence }
}
