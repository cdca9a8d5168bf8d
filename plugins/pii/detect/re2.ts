import { createRequire } from 'node:module'

/** A custom pattern, ready to find. */
export interface Compiled {
  /** Where it matches, in UTF-16 units. */
  find(text: string): readonly { readonly start: number; readonly end: number }[]
}

/** The engine for patterns that are not ours. Both take time linear in the text, whatever the pattern. */
export interface Engine {
  readonly name: 're2' | 're2js'
  /** Throws an Error that says what is wrong with the pattern. */
  compile(pattern: string): Compiled
}

/**
 * The native RE2 where it is installed, else its port to JavaScript, which is slower. `^` and `$` stand
 * for the ends of lines.
 */
export function loadEngine(load: (name: string) => unknown = createRequire(import.meta.url)): Engine {
  let native: Re2
  try {
    native = load('re2') as Re2
  } catch {
    return portedEngine(load('re2js') as Re2js)
  }
  return {
    name: 're2',
    compile: pattern => {
      const compiled = new native(pattern, 'gmu')
      return {
        find: text => {
          const found: { start: number; end: number }[] = []
          // One call for all: each `exec` would hand over the whole text anew.
          compiled.replace(text, (match: string, ...rest: unknown[]) => {
            const start = rest.find(each => typeof each === 'number') as number
            found.push({ start, end: start + match.length })
            return ''
          })
          return found
        },
      }
    },
  }
}

function portedEngine({ RE2JS }: Re2js): Engine {
  return {
    name: 're2js',
    compile: pattern => {
      const compiled = RE2JS.compile(pattern, RE2JS.MULTILINE)
      return {
        find: text => {
          const found: { start: number; end: number }[] = []
          for (const matcher = compiled.matcher(text); matcher.find(); ) {
            found.push({ start: matcher.start(), end: matcher.end() })
          }
          return found
        },
      }
    },
  }
}

type Re2 = new (
  pattern: string,
  flags: string,
) => { replace(text: string, replacer: (match: string, ...rest: unknown[]) => string): string }

interface Re2js {
  readonly RE2JS: {
    readonly MULTILINE: number
    compile(
      pattern: string,
      flags: number,
    ): {
      matcher(text: string): { find(): boolean; start(): number; end(): number }
    }
  }
}
