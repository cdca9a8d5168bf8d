import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readValue, type Scan, scanFields } from '../../src/body/scan.ts'

const FIELDS = ['model', 'stream', 'métadata', 'x"y', '']
const DOCUMENTS = [
  '{}',
  ' {"model" : "a\\\\" , "messages":[{"a":[{}, [], "]}\\""]}] ,"stream":true}\n',
  '{"mod\\u0065l":-0.5e+10,"métadata":{"é":null},"stream":false,"n":0,"x\\"y":"\\u00e9"}',
  '{"model":1,"model":[1,2],"":{"model":"inner"},"max":12.50E-3,"nothing":null}',
  `{"long":"${'\\n\\"text '.repeat(40)}","model":"m"}`,
]

describe('scanning for top-level fields', () => {
  test('finds for any object and any spacing what JSON.parse finds, the last of repeated keys included', () => {
    fc.assert(
      fc.property(jsonText(), text => {
        expectAgreement(text)
      }),
      { numRuns: 2000 },
    )
  })

  test('accepts no document cut short, at any byte', () => {
    for (const document of DOCUMENTS) {
      const bytes = Buffer.from(document)
      expectAgreement(document)
      for (let length = 0; length < document.trimEnd().length; length++) {
        expect(scanFields(bytes.subarray(0, length), FIELDS).ok, document.slice(0, length)).toBe(false)
      }
    }
  })

  test('never fails on mutated documents, nor contradicts JSON.parse on those that are still JSON', () => {
    const document = fc.constantFrom(...DOCUMENTS)
    const mutation = fc.record({
      at: fc.nat(500),
      remove: fc.nat(3),
      insert: fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', '0', ' ', '\u0000', 'é', 'e', '\ufeff'),
    })
    fc.assert(
      fc.property(document, fc.array(mutation, { minLength: 1, maxLength: 3 }), (text, mutations) => {
        const mutated = mutations.reduce((t, { at, remove, insert }) => {
          const cut = at % (t.length + 1)
          return t.slice(0, cut) + insert + t.slice(cut + remove)
        }, text)
        const scan = scanFields(Buffer.from(mutated), FIELDS)
        if (isObject(mutated)) expectAgreement(mutated)
        else if (!scan.ok) expect(scan.at).toBeLessThanOrEqual(Buffer.byteLength(mutated))
      }),
      { numRuns: 5000 },
    )
  })

  test('never fails on arbitrary bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200, size: 'max' }),
        bytes => scanFields(Buffer.from(bytes), FIELDS).ok || true,
      ),
    )
  })

  test.each([
    ['[1]', 0, 'expected a JSON object'],
    ['\ufeff{}', 0, 'expected a JSON object'],
    ['', 0, 'unexpected end, expected a JSON object'],
    ['{"a":"b}', 5, 'unterminated string'],
    ['{"a":[1,2', 5, 'unterminated array'],
    ['{"a":{"b":{}', 5, 'unterminated object'],
    ['{"a":[}]}', 6, 'bracket that closes nothing'],
    ['{"a":1 "b":2}', 7, 'expected a comma or the end of the object'],
    ['{"a":1,}', 7, 'expected a key'],
    ['{"a" 1}', 5, 'expected a colon'],
    ['{"a":}', 5, 'expected a value'],
    ['{"a":truer}', 9, 'expected a comma or the end of the object'],
    ['{"a":tru}', 5, 'expected a value'],
    ['{"a":01}', 6, 'expected a comma or the end of the object'],
    ['{"a":1.}', 7, 'invalid number'],
    ['{"a":-}', 6, 'invalid number'],
    ['{"a":1e', 7, 'unexpected end'],
    ['{"a":1}{', 7, 'something after the object'],
    ['{"\\u00zz":1}', 1, 'invalid key'],
    ['{"a":1', 6, 'unexpected end, expected a comma or the end of the object'],
  ])('says where and why %j is malformed', (text, at, reason) => {
    expect(scanFields(Buffer.from(text), ['model'])).toEqual({ ok: false, at, reason })
    expect(isObject(text)).toBe(false)
  })

  test('returns one range per wanted field, in the order asked, repeated or absent ones included', () => {
    expect(scanFields(Buffer.from('{"b":1,"a":22}'), ['a', 'none', 'b', 'a'])).toEqual({
      ok: true,
      ranges: [{ start: 11, end: 13 }, undefined, { start: 5, end: 6 }, { start: 11, end: 13 }],
    })
  })

  test('reads the value of a range, and throws where only the value is malformed', () => {
    const bytes = Buffer.from('{"model":"caf\\u00e9 é","system":[nope]}')
    const [model, system] = rangesOf(scanFields(bytes, ['model', 'system']))
    expect(readValue(bytes, model!)).toBe('café é')
    expect(() => readValue(bytes, system!)).toThrow(SyntaxError)
  })

  test.each([
    ['backslashes', Buffer.from('\\\\')],
    ['escaped quotes', Buffer.from('\\"')],
    ['plain text', Buffer.from('ab')],
  ])(
    'passes a 100 MB string of %s in linear time, and sees that it is cut short',
    (_, pair) => {
      const filler = Buffer.alloc(100_000_000, pair)
      const bytes = Buffer.concat([Buffer.from('{"text":"'), filler, Buffer.from('","model":"m"}')])
      const [model] = rangesOf(scanFields(bytes, ['model']))
      expect(readValue(bytes, model!)).toBe('m')
      expect(scanFields(bytes.subarray(0, -15), ['model'])).toMatchObject({ ok: false, reason: 'unterminated string' })
    },
    20_000,
  )

  test('passes ten million nested brackets without recursion', () => {
    const depth = 10_000_000
    const bytes = Buffer.concat([
      Buffer.from('{"a":'),
      Buffer.alloc(depth, '['),
      Buffer.alloc(depth, ']'),
      Buffer.from('}'),
    ])
    expect(scanFields(bytes, ['a'])).toEqual({ ok: true, ranges: [{ start: 5, end: 5 + 2 * depth }] })
    bytes[5 + depth] = 0x7d
    expect(scanFields(bytes, ['a'])).toEqual({ ok: false, at: 5 + depth, reason: 'bracket that closes nothing' })
  })

  test('tells braces from brackets at any depth', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 150, size: 'max' }), fc.nat(), (kinds, seed) => {
        const open = kinds.map(isBrace => (isBrace ? '{"":' : '[')).join('')
        const close = kinds.map(isBrace => (isBrace ? '}' : ']')).reverse()
        expect(scanFields(Buffer.from(`{"a":${open}0${close.join('')}}`), ['a']).ok).toBe(true)
        const wrong = seed % close.length
        close[wrong] = close[wrong] === '}' ? ']' : '}'
        expect(scanFields(Buffer.from(`{"a":${open}0${close.join('')}}`), ['a']).ok).toBe(false)
      }),
    )
  })
})

function expectAgreement(text: string): void {
  const bytes = Buffer.from(text)
  const parsed = JSON.parse(text) as Record<string, unknown>
  const ranges = rangesOf(scanFields(bytes, FIELDS))
  FIELDS.forEach((field, i) => {
    const range = ranges[i]
    expect(range !== undefined).toBe(Object.hasOwn(parsed, field))
    if (range) expect(readValue(bytes, range)).toEqual(parsed[field])
  })
}

function rangesOf(scan: Scan) {
  if (!scan.ok) throw new Error(`${scan.reason} at ${scan.at}`)
  return scan.ranges
}

function isObject(text: string): boolean {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

// Objects as text, since only text can repeat a key, escape one needlessly or space things oddly.
function jsonText(): fc.Arbitrary<string> {
  const space = fc.constantFrom('', '', ' ', '\n\t', '\r\n  ')
  const name = fc.oneof(fc.constantFrom(...FIELDS), fc.string({ unit: 'binary', maxLength: 6 }))
  const key = fc
    .tuple(name, fc.boolean())
    .map(([text, isEscaped]) => (isEscaped ? escaped(text) : JSON.stringify(text)))
  const long = fc.string({ unit: fc.constantFrom('\\', '"', 'é', '\n', 'a', '{', '😀'), maxLength: 100, size: 'max' })
  const value = fc.oneof(
    fc.json(),
    fc.json({ noUnicodeString: false }),
    long.map(text => JSON.stringify(text)),
  )
  const member = fc
    .tuple(space, key, space, space, value, space)
    .map(([a, k, b, c, v, d]) => `${a}${k}${b}:${c}${v}${d}`)
  return fc.tuple(space, fc.array(member, { maxLength: 8 }), space).map(([a, ms, b]) => `${a}{${ms.join(',')}}${b}`)
}

function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, '0'))
  return `"${units.map((hex, i) => (i % 2 ? `\\u${hex}` : JSON.stringify(text[i]).slice(1, -1))).join('')}"`
}
