import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { customDetector, problemOf } from '../../plugins/pii/detect/custom.ts'
import { loadEngine } from '../../plugins/pii/detect/re2.ts'

const require = createRequire(import.meta.url)

/** Loads packages as if re2 were not installed. */
const withoutNative = (name: string): unknown => {
  if (name === 're2') throw Object.assign(new Error("Cannot find module 're2'"), { code: 'MODULE_NOT_FOUND' })
  return require(name)
}
const ported = loadEngine(withoutNative)
const usual = loadEngine()

const PATTERNS = ['EMP-\\d{4,6}', '\\bfoo\\b', '(?i)straße|ÄÖ', '[a-c]+x', '^Name: .*$', 'a(b|c)d', '\\p{Han}+', '😀+']

describe('without the package re2', () => {
  it('patterns run on its port', () => {
    expect(ported.name).toBe('re2js')
    expect(ported.compile('EMP-\\d+').find('an EMP-1 and EMP-22')).toEqual([
      { start: 3, end: 8 },
      { start: 13, end: 19 },
    ])
  })

  it.each(PATTERNS)('%s finds the same', pattern => {
    const text = fc
      .array(
        fc.constantFrom(
          'EMP-1234',
          'foo',
          'STRASSE',
          'straße',
          'äö',
          'abcx',
          'Name: x y',
          '\n',
          ' ',
          'abd',
          '漢字',
          '😀😀',
          'é',
        ),
      )
      .map(parts => parts.join(''))
    fc.assert(
      fc.property(text, each => {
        expect(usual.compile(pattern).find(each)).toEqual(ported.compile(pattern).find(each))
      }),
      { numRuns: 100 },
    )
  })
})

describe.each([ported, usual])('on $name', engine => {
  it.each(['(?<=a)b', '(a)\\1', 'a{1001}', '(', '[z-a]', '\\Ax', 'x\\z', 'x*', '^'])('%s is refused', pattern => {
    expect(problemOf(pattern, engine)).toBeDefined()
  })

  it.each(PATTERNS)('%s is not', pattern => {
    expect(problemOf(pattern, engine)).toBeUndefined()
  })

  it('a pattern that goes wild elsewhere takes linear time', () => {
    const time = (length: number) => {
      const began = performance.now()
      engine.compile('(a|aa)+$').find(`${'a'.repeat(length)}!`)
      return performance.now() - began
    }
    time(1000)
    expect(time(20_000)).toBeLessThan(5000)
  })
})

describe('what a pattern can match says where texts may be cut', () => {
  it.each([
    ['EMP-\\d{6}', 'token'],
    ['\\bsk_[A-Za-z0-9]+\\b', 'token'],
    ['(?i)zeus|apollo', 'token'],
    ['project zeus', 'line'],
    ['^x', 'line'],
    ['a.c', 'line'],
    ['a,b', 'line'],
    ['[A-Za-z0-9_-]+', 'token'],
    ['[ -~]+', 'line'],
    ['[+-z]+', 'line'],
    ['[G-z]+', 'line'],
    ['\\(x\\)', 'line'],
    ['é', 'line'],
    ['a\\sb', 'text'],
    ['[^a]+', 'text'],
    ['(?s)a.b', 'text'],
    ['a\\nb', 'text'],
    ['\\Wx', 'text'],
    ['\\p{C}', 'text'],
    ['\\x0a', 'text'],
  ])('%s: %s', (pattern, reach) => {
    expect(customDetector([{ name: 'x', pattern, confidence: 1 }], ported).reach).toBe(reach)
  })
})
