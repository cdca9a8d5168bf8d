import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WINDOW } from '../../plugins/pii/redact/pieces.ts'
import { unescaped } from '../../plugins/pii/redact/unescaped.ts'
import { createRedactor } from '../../plugins/pii/redactor.ts'
import { labelledSet } from './labelled.ts'
import { measure } from './measure.ts'
import { settings } from './settings.ts'

const set = labelledSet()

/** Values, halves of values, what stands before and between them, and what is nothing. */
const fragment = fc.oneof(
  fc.constantFrom(...set.flatMap(({ text, labels }) => labels.map(({ start, end }) => text.slice(start, end)))),
  fc.constantFrom(...set.map(({ text }) => text)),
  fc.constantFrom(
    ' ',
    ' ',
    '  ',
    '\n',
    ', ',
    '-',
    '.',
    '(',
    ')',
    '/',
    ':',
    '"',
    "'",
    '\\"',
    '=',
    ': ',
    '@',
    '+',
    '\u202f',
    '\u2011',
    '，',
    '🙂',
  ),
  fc.constantFrom(
    'password',
    'password: "',
    'pass',
    'mot ',
    'de passe',
    ' is ',
    'api key',
    'api ',
    'Bearer ',
    'basic ',
    '密',
    '码',
    'token=',
    'tel ',
    'SSN ',
    'version ',
  ),
  fc.constantFrom(
    '-----BEGIN ',
    'RSA PRIVATE KEY',
    '-----',
    '-----END ',
    'PRIVATE KEY-----',
    '\\n',
    'MIIEowIBAAKCAQEA',
    'DE89 ',
    '3704 ',
    'GB29',
    '192.0.2.',
    '2001:db8:',
    '::',
    'eyJ',
    'sk-',
  ),
  fc.string({ maxLength: 6 }),
  fc.stringMatching(/^[0-9]{1,9}$/),
  fc.stringMatching(/^[a-zA-Z0-9]{1,9}$/),
)
const text = fc
  .array(fragment, { maxLength: 24 })
  .map(parts => parts.join(''))
  // What escapes hide is looked for in whole texts only.
  .filter(whole => unescaped(whole) === whole)
/** Where to cut, as fractions of the length. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })

function pieces(whole: string, at: readonly number[]): readonly string[] {
  const places = [...new Set(at.map(each => Math.floor(each * whole.length)))].sort((a, b) => a - b)
  return [0, ...places].map((place, index) => whole.slice(place, places[index] ?? whole.length))
}

function streamed(redactor: ReturnType<typeof createRedactor>, parts: readonly string[]): string {
  const stream = redactor.stream()
  return parts.map(each => stream.push(each)).join('') + stream.end()
}

describe.each([
  ['no pattern of its own', []],
  ['a pattern of tokens', [{ name: 'staff', pattern: 'EMP-\\d{3,}|\\bx[0-9]+', confidence: 0.9 }]],
  ['a pattern of lines', [{ name: 'staff', pattern: '^Name: .+$|Mr [A-Z]\\w+', confidence: 0.8 }]],
  ['a pattern of texts', [{ name: 'staff', pattern: '(?s)a\\s+b|[^0-9]{3}x', confidence: 0.8 }]],
])('with %s', (_, custom_patterns) => {
  const redactor = createRedactor(settings({ custom_patterns, redaction_mode: 'tokenize' }))

  it('any text in any pieces comes out as in one', () => {
    fc.assert(
      fc.property(text, cuts, (whole, at) => {
        expect(streamed(redactor, pieces(whole, at))).toBe(redactor.text(whole))
      }),
      { numRuns: 1500 },
    )
  })

  it('any text character by character comes out as in one', () => {
    fc.assert(
      fc.property(text, whole => {
        expect(streamed(redactor, whole.split(''))).toBe(redactor.text(whole))
      }),
      { numRuns: 400 },
    )
  })
})

describe('a text with no place to cut', () => {
  const redactor = createRedactor(settings({ redaction_mode: 'tokenize' }))
  const long = fc
    .array(
      fc.oneof(
        fc.constantFrom('4111111111111111', 'ab.cd@example.com', '/', '-', '+', 'é'),
        fc.stringMatching(/^[a-zA-Z0-9]{1,40}$/),
      ),
      {
        minLength: 20,
        maxLength: 60,
      },
    )
    .map(parts => parts.join('').repeat(60))

  it('comes out as in one, too, and never is more than a window held back', () => {
    fc.assert(
      fc.property(long, cuts, (whole, at) => {
        const stream = redactor.stream()
        let out = ''
        let given = 0
        for (const piece of pieces(whole, at).flatMap(each => each.match(/[\s\S]{1,3000}/g) ?? [])) {
          out += stream.push(piece)
          given += piece.length
          expect(given - out.length).toBeLessThanOrEqual(WINDOW + given * 0.9)
        }
        expect(out + stream.end()).toBe(redactor.text(whole))
      }),
      { numRuns: 60 },
    )
  })

  it('is passed on but for a window', () => {
    const stream = redactor.stream()
    const out = stream.push('x'.repeat(100_000))
    expect(out.length).toBeGreaterThanOrEqual(100_000 - WINDOW)
    expect((out + stream.end()).length).toBe(100_000)
  })

  it('loses a private key longer than a window to its end', () => {
    const body = 'MIIEowIBAAKCAQEAxyz0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHI\n'.repeat(600)
    const whole = `before\n-----BEGIN PRIVATE KEY-----\n${body}-----END PRIVATE KEY-----\n(after)`
    const out = streamed(redactor, whole.match(/[\s\S]{1,1000}/g)!)
    expect(out).toMatch(/^before\n\[SECRET:[0-9a-f]{8}\]\(after\)$/)
    expect(redactor.text(whole)).toBe(out)
  })
})

it('words are passed on as soon as the next begins', () => {
  const stream = createRedactor(settings({})).stream()
  expect(stream.push('Hello my')).toBe('Hello ')
  expect(stream.push(' name is Ann, you')).toBe('my name is Ann, ')
  expect(stream.push(' know')).toBe('you ')
  expect(stream.end()).toBe('know')
})

it.each(['mask', 'tokenize', 'partial'])('what was redacted once stays as it is: %s', redaction_mode => {
  const custom_patterns = [{ name: 'password', pattern: 'EMP-\\d+' }]
  const redactor = createRedactor(settings({ redaction_mode, custom_patterns }))
  for (const { text: whole } of set) {
    const once = redactor.text(whole)
    expect(redactor.text(once)).toBe(once)
  }
  for (let number = 0; number < 500; number++) {
    const once = redactor.text(`Tel (212) 555-${1000 + number}, SSN 123-45-${1000 + number}, EMP-${number}`)
    expect(redactor.text(once)).toBe(once)
  }
})

it('no piece ends in half a character', () => {
  const whole = '😀😃 a@example.com😄 你好😁 (212) 555-0123😆'
  for (let cut = 0; cut <= whole.length; cut++) {
    const stream = createRedactor(settings({})).stream()
    for (const out of [stream.push(whole.slice(0, cut)), stream.push(whole.slice(cut)), stream.end()]) {
      expect(out).not.toMatch(/[\ud800-\udbff]$/)
    }
  }
})

it('every labelled value is gone, however its text was cut', () => {
  const redactor = createRedactor(settings({}))
  // How many that may be is another test's.
  const missed = new Set(measure(set).mistakes.map(each => each.value))
  for (const { text: whole, labels } of set) {
    for (let cut = 0; cut <= whole.length; cut++) {
      const out = streamed(redactor, [whole.slice(0, cut), whole.slice(cut)])
      expect(out).toBe(redactor.text(whole))
      for (const { start, end } of labels) {
        const value = whole.slice(start, end)
        if (!missed.has(value)) expect(out).not.toContain(value)
      }
    }
  }
})
