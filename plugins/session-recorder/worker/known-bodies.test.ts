import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readJson } from './content.ts'
import { KnownBodies } from './known-bodies.ts'

interface Request {
  readonly messages: readonly unknown[]
}

const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const said = (i: number, text = 'some words “of” it, '.repeat(150)) => ({
  role: i % 2 ? 'assistant' : 'user',
  content: `${i}: ${text}`,
})
const turns = (count: number) => Array.from({ length: count }, (_, i) => said(i))
const read = (bodies: KnownBodies, bytes: Buffer): Request => bodies.read(bytes).value as Request

it('takes what is as it was from the body before, and reads the rest', () => {
  const bodies = new KnownBodies()
  const before = read(bodies, bytesOf({ model: 'm', messages: turns(8), stream: true }))
  const grown = { model: 'm', messages: [...turns(8), said(8), said(9)], stream: false }
  const after = read(bodies, bytesOf(grown))
  expect(after).toEqual(grown)
  expect(after.messages.slice(0, 8).every((each, i) => each === before.messages[i])).toBe(true)
  // And again from there, where the last turn was written otherwise.
  const changed = { model: 'm', messages: [...grown.messages.slice(0, 9), said(9, 'other'), said(10)], stream: false }
  const last = read(bodies, bytesOf(changed))
  expect(last).toEqual(changed)
  expect(last.messages.slice(0, 9).every((each, i) => each === after.messages[i])).toBe(true)
})

it('keeps conversations apart that begin alike', () => {
  const bodies = new KnownBodies()
  const both = turns(4)
  const own = (word: string, count: number) =>
    Array.from({ length: count }, (_, i) => said(i, `${word} ${i} `.repeat(300)))
  const one = (count: number) => bytesOf({ messages: [...both, ...own('one', count)] })
  const two = (count: number) => bytesOf({ messages: [...both, ...own('two', count)] })
  const [first, second] = [read(bodies, one(20)), read(bodies, two(20))]
  for (const [bytes, before] of [
    [one(22), first],
    [two(22), second],
  ] as const) {
    const after = read(bodies, bytes)
    expect(after).toEqual(JSON.parse(bytes.toString()))
    expect(after.messages.slice(4, 24).every((each, i) => each === before.messages[i + 4])).toBe(true)
  }
})

it.each([
  [
    'has the array twice',
    (text: string) => text.replace(/\}$/, ',"messages":[{"role":"user","content":"the last one counts"}]}'),
  ],
  ['has the array twice, one key escaped', (text: string) => text.replace(/\}$/, ',"mess\\u0061ges":[1]}')],
  ['closes the array early', (text: string) => text.replace(/\}\]/, '}],"messages2":[0]')],
  ['is no JSON at the end', (text: string) => `${text.slice(0, -1)},]`],
  ['is cut', (text: string) => text.slice(0, -3)],
  ['has no array any more', (text: string) => text.replace('"messages":[', '"messages":"').replace(/\}\]/, '}"')],
  [
    'is nested too deeply behind it',
    (text: string) => text.replace(/\}$/, `,"x":${'['.repeat(300)}${']'.repeat(300)}}`),
  ],
  ['has half a character behind it', (text: string) => text.replace(/\}$/, ',"x":"\\ud83d"}')],
  ['is on several lines behind it', (text: string) => text.replace(/\}$/, ',\n"x":\r\n1}')],
  ['is no UTF-8 behind it', (text: string) => text.replace(/\}$/, ',"x":"\u{e000}"}')],
])('reads a body as it is, that begins like one before and %s', (_, change) => {
  const bodies = new KnownBodies()
  const text = JSON.stringify({ model: 'm', messages: turns(8) })
  bodies.read(Buffer.from(text))
  const bytes = Buffer.from(change(text))
  const broken = bytes.indexOf('\u{e000}')
  if (broken >= 0) bytes[broken] = 0xff
  const { value, line } = bodies.read(bytes)
  const plain = readJson(bytes)
  expect(value).toEqual(plain.value)
  expect(line).toEqual(plain.line)
})

it('reads whatever conversation as JSON.parse does', () => {
  const message = fc.record({
    role: fc.constantFrom('user', 'assistant'),
    content: fc.string({ unit: 'grapheme', maxLength: 3000 }),
  })
  const json = fc.oneof({ weight: 9, arbitrary: message }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) })
  const list = fc.array(json, { minLength: 4, maxLength: 30, size: 'max' })
  fc.assert(
    fc.property(
      list,
      list,
      fc.array(fc.nat(30), { minLength: 1, maxLength: 6 }),
      fc.jsonValue(),
      (start, more, cuts, tail) => {
        const bodies = new KnownBodies()
        for (const cut of cuts) {
          const messages = [...start.slice(0, cut), ...more.slice(0, cuts.length), ...start.slice(cut)]
          const text = JSON.stringify({ before: cut % 2 ? undefined : tail, messages, after: cut % 3 ? tail : cut })
          const bytes = Buffer.from(text)
          const { value, line } = bodies.read(bytes)
          const plain = readJson(bytes)
          expect(value).toEqual(plain.value)
          expect(line).toEqual(plain.line)
        }
      },
    ),
    { numRuns: 60 },
  )
})

it('forgets what it has no room for', () => {
  const bodies = new KnownBodies()
  const large = (by: number) =>
    bytesOf({ by, messages: Array.from({ length: 500 }, (_, i) => said(i, `${by}`.repeat(2_000))) })
  const first = read(bodies, large(1))
  for (let by = 2; by < 24; by++) read(bodies, large(by))
  const again = read(bodies, large(1))
  expect(again).toEqual(first)
  expect(again.messages[0]).not.toBe(first.messages[0])
})

it('reads bodies of nothing but arrays, of which it takes none from another', () => {
  const bodies = new KnownBodies()
  const body = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`k${i}`, [{}]]))
  for (let i = 0; i < 2; i++) expect(Object.keys(bodies.read(bytesOf(body)).value as object)).toHaveLength(200_000)
})
