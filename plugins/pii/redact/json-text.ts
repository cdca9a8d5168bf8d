/** What becomes of a string of a JSON text and of a number, given the key it belongs to. */
export interface JsonRedaction {
  text(text: string, key: string): string
  key(key: string): string
  /** A string where the number is personal, else undefined. */
  number(digits: string, key: string): string | undefined
}

/** Whether a text is a whole JSON object or array. */
export function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text) || !/[\]}]\s*$/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/**
 * Redacts a JSON text in place: it is JSON again, and every byte that is not part of something redacted is as it was,
 * numbers that JavaScript cannot hold included. The text must be valid.
 */
export function redactJsonText(text: string, redaction: JsonRedaction): string {
  const keys: string[] = ['']
  const names: Set<string>[] = [new Set()]
  let out = ''
  let copied = 0
  for (const { start, end, isKey } of tokens(text)) {
    const literal = text.slice(start, end)
    let written: string | undefined
    if (literal.startsWith('"')) {
      const value = JSON.parse(literal) as string
      const redacted = isKey
        ? freeName(value, redaction.key(value), names.at(-1)!)
        : redaction.text(value, keys.at(-1)!)
      if (redacted !== value) written = JSON.stringify(redacted)
      if (isKey) keys[keys.length - 1] = value
    } else if (literal === '{' || literal === '[') {
      keys.push(keys.at(-1)!)
      names.push(new Set())
    } else if (literal === '}' || literal === ']') {
      keys.pop()
      names.pop()
    } else {
      const redacted = redaction.number(literal, keys.at(-1)!)
      if (redacted !== undefined) written = JSON.stringify(redacted)
    }
    if (written === undefined) continue
    out += text.slice(copied, start) + written
    copied = end
  }
  return copied === 0 ? text : out + text.slice(copied)
}

/** Two keys may look the same without what was personal in them: the second gets a number. */
export function freeName(key: string, redacted: string, taken: Set<string>): string {
  if (redacted === key) return key
  let name = redacted
  for (let count = 2; taken.has(name); count++) name = `${redacted}#${count}`
  taken.add(name)
  return name
}

interface Token {
  readonly start: number
  readonly end: number
  /** A string with a colon behind it. */
  readonly isKey: boolean
}

/** Strings, whole numbers, and where objects and arrays begin and end. */
function* tokens(text: string): Generator<Token> {
  const next = /["{}[\]]|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
  for (let found = next.exec(text); found; found = next.exec(text)) {
    const start = found.index
    const end = found[0] === '"' ? stringEnd(text, start) : next.lastIndex
    next.lastIndex = end
    yield { start, end, isKey: found[0] === '"' && isColonNext(text, end) }
  }
}

/** Behind the quote that closes the string. */
function stringEnd(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0
    while (text[quote - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return quote + 1
  }
  return text.length
}

function isColonNext(text: string, at: number): boolean {
  let place = at
  while (text.charCodeAt(place) <= 0x20) place++
  return text[place] === ':'
}
