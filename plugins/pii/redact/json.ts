import type { RedactorStream } from 'lunaroute'
import type { Detection } from '../detect/detector.ts'
import { isSecretField } from '../detect/keywords.ts'
import { isPlaceholder } from '../detect/placeholder.ts'
import { textIn } from './base64.ts'
import { freeName, isJson, type JsonRedaction, redactJsonText } from './json-text.ts'
import { Pieces } from './pieces.ts'
import type { Replace } from './replacement.ts'

export interface JsonTools {
  readonly detection: Detection
  readonly replace: Replace
  /** A text, with what stands before it and says what it is. */
  text(text: string, before: string): string
  /** Whether text in a field called `password` is a secret whatever it looks like. */
  readonly areFieldsSecret: boolean
}

/** Redacts JSON values and JSON texts, which are then JSON still. */
export class JsonRedactor implements JsonRedaction {
  readonly #tools: JsonTools

  constructor(tools: JsonTools) {
    this.#tools = tools
  }

  /** The value without what is personal: the very same object where nothing is. */
  value(value: unknown, key = ''): unknown {
    if (typeof value === 'string') return this.text(value, key)
    if (typeof value === 'number' || typeof value === 'bigint') return this.number(String(value), key) ?? value
    if (Array.isArray(value)) return this.#array(value, key)
    return typeof value === 'object' && value !== null ? this.#object(value as Record<string, unknown>) : value
  }

  text(text: string, key: string): string {
    if (text === '') return text
    const encoded = textIn(text)
    if (encoded) {
      const redacted = this.text(encoded.text, key)
      if (redacted !== encoded.text) return encoded.head + Buffer.from(redacted).toString('base64')
      // Where nothing is in it, it may be what it looks like: sixteen digits are base64 of some text, too.
    }
    if (isMedia(text)) return text
    if (this.isWhole(key) && isPlain(text)) return this.#tools.replace('secret', text)
    if (isJson(text)) return redactJsonText(text, this)
    return this.#tools.text(text, saidBy(key))
  }

  /** For the text of a field that arrives in pieces. */
  stream(key: string): RedactorStream {
    return new Pieces(this.#tools.detection, this.#tools.replace, saidBy(key))
  }

  /** Whether the text of a field is judged as a whole. */
  isWhole(key: string): boolean {
    return this.#tools.areFieldsSecret && isSecretField(key)
  }

  key(key: string): string {
    return key === '' ? key : this.#tools.text(key, '')
  }

  /** Card numbers and the like that somebody left as numbers. */
  number(written: string, key: string): string | undefined {
    if (!/^\d{7,19}$/.test(written)) return undefined
    const before = saidBy(key)
    const [match] = this.#tools.detection.find(before + written, before.length)
    const isWhole = match && match.start === before.length && match.end === before.length + written.length
    return isWhole ? this.#tools.replace(match.type, written) : undefined
  }

  #array(values: readonly unknown[], key: string): readonly unknown[] {
    let changed: unknown[] | undefined
    for (let index = 0; index < values.length; index++) {
      const redacted = this.value(values[index], key)
      if (redacted === values[index]) continue
      changed ??= [...values]
      changed[index] = redacted
    }
    return changed ?? values
  }

  #object(given: Readonly<Record<string, unknown>>): unknown {
    let isChanged = false
    const entries: [string, unknown][] = []
    const taken = new Set<string>()
    for (const [key, value] of Object.entries(given)) {
      const redacted = this.value(value, key)
      const name = freeName(key, this.key(key), taken)
      isChanged ||= redacted !== value || name !== key
      entries.push([name, redacted])
    }
    // Also for a key called `__proto__`.
    return isChanged ? Object.fromEntries(entries) : given
  }
}

/** A key as words that stand before its value: `socialSecurityNumber` says `social Security Number: `. */
function saidBy(key: string): string {
  return key === ''
    ? ''
    : `${key
        .slice(-80)
        .replace(/([a-z\d])([A-Z])/g, '$1 $2')
        .replace(/[_-]+/g, ' ')}: `
}

/** Pictures, sounds and signatures: long, and of nothing but base64. */
function isMedia(text: string): boolean {
  if (text.length < 512) return false
  const comma = /^data:[\w.+-]+\/[\w.+-]+(?:;[\w.+-]+=[\w.+-]+)*;base64,/.exec(text)
  return /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(comma ? text.slice(comma[0].length) : text)
}

const OUR_TOKEN = /^\[[A-Z][A-Z0-9_]*(?::[0-9a-f]{8})?\]$/

/** Neither what was redacted before, nor a blank to fill in, nor a sentence about it. */
function isPlain(text: string): boolean {
  return !OUR_TOKEN.test(text) && !isPlaceholder(text) && text.length <= 4096 && text.split(/\s+/, 4).length < 4
}
