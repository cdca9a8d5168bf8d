import type { Detector } from './match.ts'
import { type Engine, loadEngine } from './re2.ts'

/** A pattern of the config. */
export interface CustomPattern {
  readonly name: string
  readonly pattern: string
  readonly confidence: number
}

/** What a match of a pattern can hold, and so where a text may be cut without cutting one. */
export type Reach = 'token' | 'line' | 'text'

export interface CustomDetector {
  readonly detect: Detector
  readonly reach: Reach
}

/** Finds what the config describes. */
export function customDetector(patterns: readonly CustomPattern[], engine: Engine = loadEngine()): CustomDetector {
  const compiled = patterns.map(({ name, pattern, confidence }) => ({ name, confidence, ...engine.compile(pattern) }))
  const reaches = patterns.map(({ pattern }) => reachOf(pattern))
  return {
    reach: reaches.includes('text') ? 'text' : reaches.includes('line') ? 'line' : 'token',
    *detect({ text, from }) {
      const part = from > 0 ? text.slice(from) : text
      for (const { name, confidence, find } of compiled) {
        for (const { start, end } of find(part)) {
          if (end > start) yield { type: name, start: from + start, end: from + end, confidence }
        }
      }
    },
  }
}

/** What is wrong with a pattern, if anything. */
export function problemOf(pattern: string, engine: Engine): string | undefined {
  if (/\\[AzZ]/.test(pattern))
    return 'cannot use \\A and \\z: a text may arrive in pieces; ^ and $ stand for the ends of lines'
  try {
    if (engine.compile(pattern).find('').length > 0)
      return 'matches nothing at all; it has to match at least one character'
  } catch (error) {
    const reason = (error as Error).message.replace(/^error parsing regexp: /, '')
    return `is no pattern of RE2 (${reason}); lookaround and backreferences do not exist there, and repetitions end at 1000`
  }
  return undefined
}

/** Judged by what is written, on the careful side: what is not known to stay within a line may hold several. */
function reachOf(pattern: string): Reach {
  const bare = pattern
    .replace(/\\[dwb]/g, '')
    .replace(/\\[-.+*?^$@:/=_%#&~!]/g, 'x')
    .replace(/\{\d+,?\d*\}/g, '')
  if (/\n|\[\^|\\[^tSB(){}[\]|,;<>"'`\\]|\(\?[a-zA-Z-]*s/.test(bare)) return 'text'
  const classes = [...bare.matchAll(/\[([^\]]*)\]/g)].map(([, inner]) => inner!.replace(/A-Z|a-z|A-F|a-f|0-9/g, ''))
  // Other ranges have more in them than is written: `[ -~]` a blank, `[+-z]` brackets.
  const areOfTokens = classes.every(each => /^-?[\w@:/=%#&~!+*]*-?$/.test(each))
  return /[\s.^$,;<>{}"'`\\\u0080-\uffff]/.test(bare) || !areOfTokens ? 'line' : 'token'
}
