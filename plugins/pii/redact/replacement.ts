import { createHmac } from 'node:crypto'

/** `mask`: `[EMAIL]`; `tokenize`: `[EMAIL:a3f8e9d2]`; `partial`: the last characters; `remove`: nothing. */
export type Mode = 'mask' | 'remove' | 'tokenize' | 'partial'

export interface ReplacementOptions {
  readonly mode: Mode
  readonly modes: Readonly<Record<string, Mode | undefined>>
  /** What stands for a custom pattern's matches in the mode `mask`. */
  readonly placeholders: Readonly<Record<string, string | undefined>>
  readonly hmacSecret: string
  readonly partialShowChars: number
}

/** What is put in the place of something found. */
export type Replace = (type: string, value: string) => string

export function replacement(options: ReplacementOptions): Replace {
  return (type, value) => {
    const label = type.toUpperCase().replaceAll('-', '_')
    switch (options.modes[type] ?? options.mode) {
      case 'remove':
        return ''
      case 'partial':
        return partial(value, options.partialShowChars)
      case 'tokenize':
        return `[${label}:${token(options.hmacSecret, type, value)}]`
      case 'mask':
        return options.placeholders[type] ?? `[${label}]`
    }
  }
}

/** The same for the same thing, however it is written; not to be turned back, and without the secret not to be guessed. */
function token(secret: string, type: string, value: string): string {
  return createHmac('sha256', secret)
    .update(`${type}\0${canonical(type, value)}`)
    .digest('hex')
    .slice(0, 8)
}

function canonical(type: string, value: string): string {
  switch (type) {
    case 'phone':
    case 'ssn':
    case 'credit_card':
      return value.replace(/\D/g, '')
    case 'iban':
      return value.replace(/[^A-Za-z0-9]/g, '').toUpperCase()
    case 'email':
    case 'ip_address':
      return value.toLowerCase()
    default:
      return value
  }
}

/** More stars than this tell nothing but the length of a key. */
const MAX_STARS = 32

/** A value no longer than what would be shown of it is not shown at all. */
function partial(value: string, shown: number): string {
  const characters = [...value]
  const visible = characters.length > shown ? characters.slice(characters.length - shown) : []
  return '*'.repeat(Math.min(characters.length - visible.length, MAX_STARS)) + visible.join('')
}
