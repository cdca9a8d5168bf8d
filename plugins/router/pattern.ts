import { compileRegex } from './regex.ts'

/** A test of one text. `prefix`: all that begins with `text`. */
export interface Pattern {
  readonly kind: 'exact' | 'prefix' | 'glob' | 'regex'
  /** The text, the prefix, or the pattern as it was written. */
  readonly text: string
  /** What everything that fits begins with, where that is known. */
  readonly beginning?: string
  test(text: string): boolean
}

type Written = string | { readonly regex: string }

/** `/.../` and `{ regex }` are regular expressions, `*` and `?` make a glob, anything else is the text itself. */
export function compilePattern(written: Written): Pattern {
  if (typeof written !== 'string') return regexPattern(written.regex)
  const inner = /^\/(.+)\/$/s.exec(written)?.[1]
  return inner === undefined ? compileGlob(written) : regexPattern(inner)
}

/** For paths, in which slashes are nothing but slashes. */
export function compilePath(written: Written): Pattern {
  return typeof written === 'string' ? compileGlob(written) : regexPattern(written.regex)
}

/** A `model_pattern`: a regular expression, as LunaRoute has it, unless its star can only be meant as a glob's. */
export function compileModelPattern(written: string): Pattern {
  const isGlob = /^[\w:/@. *-]*$/.test(written) && written.includes('*') && !written.includes('.*')
  return isGlob ? compileGlob(written) : regexPattern(written)
}

function compileGlob(text: string): Pattern {
  if (!/[*?]/.test(text)) return { kind: 'exact', text, test: each => each === text }
  const prefix = text.slice(0, -1)
  if (text.endsWith('*') && !/[*?]/.test(prefix)) {
    return prefixPattern(prefix)
  }
  const beginning = /^[^*?]+/.exec(text)?.[0]
  return { kind: 'glob', text, ...(beginning !== undefined && { beginning }), test: each => isGlobbed(text, each) }
}

function prefixPattern(text: string): Pattern {
  return { kind: 'prefix', text, beginning: text, test: each => each.startsWith(text) }
}

function regexPattern(source: string): Pattern {
  // What is a prefix or a name in disguise needs no engine.
  if (/^\^?\.\*\$?$/.test(source)) return prefixPattern('')
  const plain = /^\^([\w-]+)(\$|(?:\.\*\$?)?)$/.exec(source)
  if (plain) {
    const [, text = '', end] = plain
    if (end === '$') return { kind: 'exact', text, test: each => each === text }
    return prefixPattern(text)
  }
  const regex = compileRegex(source)
  return { kind: 'regex', text: source, test: each => regex.test(each) }
}

/** By going back to the last star alone: the time is bounded by the product of the lengths, not by a power of one. */
function isGlobbed(glob: string, text: string): boolean {
  let at = 0
  let star = -1
  let resume = 0
  for (let i = 0; i < text.length; ) {
    const sign = glob[at]
    if (sign === '*') {
      star = at++
      resume = i
    } else if (sign !== undefined && (sign === '?' || sign === text[i])) {
      at++
      i++
    } else if (star >= 0) {
      at = star + 1
      i = ++resume
    } else return false
  }
  while (glob[at] === '*') at++
  return at === glob.length
}
