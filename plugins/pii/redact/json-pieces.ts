import type { RedactorStream } from 'lunaroute'
import type { JsonRedactor } from './json.ts'
import { freeName } from './json-text.ts'

/** Longer than any number that is looked at. */
const MAX_NUMBER = 32

/**
 * Redacts one JSON text as it arrives: what comes out is JSON where that was. Strings are passed on in pieces, with other
 * escapes than they had where that makes no difference; keys, numbers, strings that may be JSON themselves and values of
 * fields such as `password` as wholes. A text that breaks off comes out as far as it came.
 */
export class JsonPieces implements RedactorStream {
  readonly #redactor: JsonRedactor
  /** For each object or array around this place the key it stands under, and whether it is an object. */
  readonly #around: { readonly key: string; readonly isObject: boolean; readonly names: Set<string> }[] = []
  #key = ''
  #isKeyNext = false
  #number = ''
  #string: StringPieces | undefined

  constructor(redactor: JsonRedactor) {
    this.#redactor = redactor
  }

  push(text: string): string {
    let out = ''
    for (let at = 0; at < text.length; ) {
      if (this.#string) {
        const end = this.#string.endIn(text, at)
        const inner = text.slice(at, end ?? text.length)
        out += this.#string.push(inner)
        at += inner.length
        if (end === undefined) continue
        out += `${this.#closed()}"`
        at++
      } else out += this.#outside(text[at++]!)
    }
    return out
  }

  end(): string {
    return this.#string ? this.#closed() : this.#numberEnd()
  }

  #outside(character: string): string {
    if (this.#number.length < MAX_NUMBER && /[-+.\dEe]/.test(character)) {
      // Letters of `true` and `false` are none of a number.
      if (this.#number !== '' || /[-\d]/.test(character)) {
        this.#number += character
        return ''
      }
    }
    const before = this.#numberEnd()
    if (character === '"') {
      const isKey = this.#isKeyNext
      this.#string = new StringPieces(
        this.#redactor,
        isKey ? (this.#around.at(-1)?.names ?? new Set()) : undefined,
        this.#key,
      )
    } else if (character === '{' || character === '[') {
      this.#around.push({ key: this.#key, isObject: character === '{', names: new Set() })
      this.#isKeyNext = character === '{'
    } else if (character === '}' || character === ']') this.#key = this.#around.pop()?.key ?? ''
    else if (character === ',') this.#isKeyNext = this.#around.at(-1)?.isObject ?? false
    else if (character === ':') this.#isKeyNext = false
    return before + character
  }

  #numberEnd(): string {
    const written = this.#number
    this.#number = ''
    const redacted = written === '' ? undefined : this.#redactor.number(written, this.#key)
    return redacted === undefined ? written : JSON.stringify(redacted)
  }

  /** The rest of the string, without its quote. */
  #closed(): string {
    const string = this.#string!
    this.#string = undefined
    const out = string.end()
    if (string.isKey) this.#key = string.whole
    return out
  }
}

/** The inside of one string. */
class StringPieces {
  readonly isKey: boolean
  /** What is known of a string that has to be known whole. */
  whole = ''
  readonly #redactor: JsonRedactor
  readonly #key: string
  readonly #names: Set<string> | undefined
  #isHeld: boolean
  #stream: RedactorStream | undefined
  /** An escape that has begun. */
  #escape = ''

  /** `names`: for a key, what other keys of its object became. */
  constructor(redactor: JsonRedactor, names: Set<string> | undefined, key: string) {
    this.#redactor = redactor
    this.isKey = names !== undefined
    this.#names = names
    this.#key = key
    this.#isHeld = this.isKey || redactor.isWhole(key)
  }

  /** Where in a text the quote is that ends this string. */
  endIn(text: string, from: number): number | undefined {
    let isEscaped = this.#escape === '\\'
    for (let at = from; at < text.length; at++) {
      if (isEscaped) isEscaped = false
      else if (text[at] === '\\') isEscaped = true
      else if (text[at] === '"') return at
    }
    return undefined
  }

  push(written: string): string {
    const text = this.#decoded(this.#escape + written)
    if (this.#isHeld) {
      this.whole += text
      return ''
    }
    if (!this.#stream) {
      this.whole += text
      const first = /\S/.exec(this.whole)?.[0]
      if (first === undefined) return ''
      this.#isHeld = first === '{' || first === '['
      if (this.#isHeld) return ''
      this.#stream = this.#redactor.stream(this.#key)
      return inJson(this.#stream.push(this.whole))
    }
    return inJson(this.#stream.push(text))
  }

  end(): string {
    if (this.#stream) return inJson(this.#stream.end())
    const { whole } = this
    if (this.#names) return inJson(freeName(whole, this.#redactor.key(whole), this.#names))
    return inJson(this.#redactor.text(whole, this.#key))
  }

  #decoded(written: string): string {
    const open = /\\(?:u[0-9a-fA-F]{0,3})?$/.exec(written)
    // An escaped backslash is complete.
    const isOpen = open !== null && /\\*$/.exec(written.slice(0, open.index))![0].length % 2 === 0
    this.#escape = isOpen ? open[0] : ''
    const complete = isOpen ? written.slice(0, open.index) : written
    try {
      return complete.includes('\\') ? (JSON.parse(`"${complete}"`) as string) : complete
    } catch {
      return complete
    }
  }
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
