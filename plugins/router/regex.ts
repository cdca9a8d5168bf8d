import { createRequire } from 'node:module'

/** A regular expression that takes time in proportion to the text, whoever wrote either. */
export interface SafeRegex {
  test(text: string): boolean
}

interface Engine {
  readonly name: 're2' | 're2js'
  compile(source: string): SafeRegex
}

const require = createRequire(import.meta.url)

/** RE2 itself where it could be installed; else its port, which is slower. Loaded when the first expression asks. */
export function loadEngine(): Engine {
  try {
    const RE2 = require('re2') as new (source: string, flags: string) => SafeRegex
    return { name: 're2', compile: source => new RE2(source, 'u') }
  } catch {
    const { RE2JS } = require('re2js') as typeof import('re2js')
    return {
      name: 're2js',
      compile(source) {
        const pattern = RE2JS.compile(source)
        return { test: text => pattern.matcher(text).find() }
      },
    }
  }
}

/** Throws an Error that says what is wrong with the expression; neither look-around nor back-references exist. */
export function compileRegex(source: string): SafeRegex {
  const regex = loadEngine().compile(source)
  // Models and header values are few, and the port takes microseconds for each.
  const known = new Map<string, boolean>()
  return {
    test(text) {
      const before = known.get(text)
      if (before !== undefined) return before
      if (known.size >= KNOWN_LIMIT) known.clear()
      const result = regex.test(text)
      if (text.length <= LENGTH_LIMIT) known.set(text, result)
      return result
    },
  }
}

const KNOWN_LIMIT = 200
const LENGTH_LIMIT = 200
