import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../plugins/pii/redactor.ts'
import { labelledSet } from './labelled.ts'
import { measure } from './measure.ts'
import { settings } from './settings.ts'

const redactor = createRedactor(settings())
const { json } = redactor

describe('a JSON value', () => {
  it('is redacted in strings at any depth, and keeps its shape', () => {
    const value = {
      messages: [{ role: 'user', content: [{ type: 'text', text: 'I am a@example.com' }] }],
      n: 1,
      ok: null,
    }
    expect(json(value)).toEqual({
      messages: [{ role: 'user', content: [{ type: 'text', text: 'I am [EMAIL]' }] }],
      n: 1,
      ok: null,
    })
    expect(value.messages[0]!.content[0]!.text).toBe('I am a@example.com')
  })

  it('with nothing to hide is the very same object', () => {
    const value = { model: 'm', messages: [{ role: 'user', content: 'Hello, 2 times 3 is 6.' }], temperature: 0.7 }
    expect(json(value)).toBe(value)
  })

  it('is redacted in its keys, and none is lost', () => {
    const value = { 'a@example.com': 1, 'b@example.com': 2, c: 3, inner: { 'a@example.com': 4 } }
    const expected = { '[EMAIL]': 1, '[EMAIL]#2': 2, c: 3, inner: { '[EMAIL]': 4 } }
    expect(json(value)).toEqual(expected)
    expect(json(JSON.stringify(value))).toBe(JSON.stringify(expected))
    const stream = redactor.stream('json')
    expect(stream.push(JSON.stringify(value)) + stream.end()).toBe(JSON.stringify(expected))
  })

  it('may have a key called __proto__', () => {
    const value = JSON.parse('{"__proto__":"a@example.com","x":1}')
    expect(JSON.stringify(json(value))).toBe('{"__proto__":"[EMAIL]","x":1}')
  })

  it('has cards, and numbers that their keys say are personal, as numbers', () => {
    const value = { card: 4111111111111111, ssn: 123456789, phone: 2125550123, created: 1767225600, total: 123456789 }
    expect(json(value)).toEqual({
      card: '[CREDIT_CARD]',
      ssn: '[SSN]',
      phone: '[PHONE]',
      created: 1767225600,
      total: 123456789,
    })
  })

  it('is told by its keys what its texts are', () => {
    const value = { mobilePhone: '612 345 678', socialSecurityNumber: '123 45 6789', order: '612 345 678' }
    expect(json(value)).toEqual({ mobilePhone: '[PHONE]', socialSecurityNumber: '[SSN]', order: '612 345 678' })
  })

  it('has secrets in fields of that name, whatever they look like; but no blanks and no sentences', () => {
    const value = {
      password: 'mellon',
      client_secret: 'abc',
      api_key: '$API_KEY',
      passwd: 'type in your own password here',
    }
    expect(json(value)).toEqual({ ...value, password: '[SECRET]', client_secret: '[SECRET]' })
    expect(json({ token: 'hello', max_tokens: 12, password: { type: 'string' } })).toEqual({
      token: 'hello',
      max_tokens: 12,
      password: { type: 'string' },
    })
  })

  it('redacted once stays as it is', () => {
    const tokens = createRedactor(settings({ redaction_mode: 'tokenize' }))
    const once = tokens.json({ password: 'mellon', phone: '(212) 555-0123', 'a@example.com': 4111111111111111 })
    expect(tokens.json(once)).toBe(once)
  })

  it('keeps pictures as they are, and not the keys beside them', () => {
    const data = Buffer.from(Array.from({ length: 30_000 }, (_, index) => (index * 7919) % 256)).toString('base64')
    const value = {
      url: `data:image/png;base64,${data}`,
      data,
      text: `see data:image/png;base64,${data} of a@example.com`,
    }
    expect(json(value)).toEqual({ url: value.url, data, text: value.text.replace('a@example.com', '[EMAIL]') })
  })
})

it('a picture is no text to any pattern', () => {
  const { json: own, text } = createRedactor(settings({ custom_patterns: [{ name: 'x', pattern: 'AAAA' }] }))
  const data = 'A'.repeat(1000)
  expect(own({ data, url: `data:image/png;base64,${data}` })).toEqual({ data, url: `data:image/png;base64,${data}` })
  expect(text('AAAA')).toBe('[X]')
})

describe('a string that is JSON', () => {
  const args =
    '{ "to" : "a@example.com", "card":4111111111111111,\n "big": 12345678901234567890123, "s":"\\u00e9\\/", "n":1.0 }'

  it('is JSON again, and everything else in it is as it was', () => {
    const expected =
      '{ "to" : "[EMAIL]", "card":"[CREDIT_CARD]",\n "big": 12345678901234567890123, "s":"\\u00e9\\/", "n":1.0 }'
    expect(json({ arguments: args })).toEqual({ arguments: expected })
  })

  it('may be within such a string', () => {
    const value = JSON.stringify({ inner: JSON.stringify({ deep: args }) })
    const { deep } = JSON.parse(JSON.parse(json(value) as string).inner)
    expect(JSON.parse(deep)).toMatchObject({ to: '[EMAIL]', card: '[CREDIT_CARD]' })
  })

  it('stays JSON whatever is in it, with nothing left of what is labelled', () => {
    const set = labelledSet()
    const missed = new Set(measure(set).mistakes.map(each => each.value))
    const values = set.flatMap(({ text, labels }) => labels.map(({ start, end }) => text.slice(start, end)))
    const leaf = fc.oneof(
      fc.constantFrom(...set.map(each => each.text)),
      fc.constantFrom(...values),
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.constant(4242424242424242),
    )
    const tree = fc.letrec(tie => ({
      node: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('node'), { maxKeys: 4 }),
      ),
    })).node
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 4 }), fc.nat(3), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        const redacted = json(text) as string
        expect(() => JSON.parse(redacted)).not.toThrow()
        // In place and by value are two ways to the same.
        expect(JSON.parse(redacted)).toEqual(JSON.parse(JSON.stringify(json(JSON.parse(text)))))
        expect(redacted).not.toContain('4242424242424242')
      }),
      { numRuns: 300 },
    )
    for (const { text, labels } of set) {
      const redacted = json(JSON.stringify({ text })) as string
      for (const { start, end } of labels) {
        const value = JSON.stringify(text.slice(start, end)).slice(1, -1)
        if (!missed.has(text.slice(start, end))) expect(redacted).not.toContain(value)
      }
    }
  })
})

describe('a JSON text in pieces', () => {
  const streamed = (parts: readonly string[]): string => {
    const stream = redactor.stream('json')
    return parts.map(each => stream.push(each)).join('') + stream.end()
  }

  it('is JSON again, however it was cut', () => {
    const text =
      '{"to":"a\\u0040example.com","card": 4111111111111111,"list":[true,-1.5e3,"SSN 123-45-6789\\n\\"x\\""]}'
    for (let cut = 0; cut <= text.length; cut++) {
      expect(JSON.parse(streamed([text.slice(0, cut), text.slice(cut)]))).toEqual({
        to: '[EMAIL]',
        card: '[CREDIT_CARD]',
        list: [true, -1500, 'SSN [SSN]\n"x"'],
      })
    }
    expect(JSON.parse(streamed(text.split('')))).toEqual(JSON.parse(json(text) as string))
  })

  it('says the same as the whole', () => {
    const set = labelledSet()
    const leaf = fc.oneof(
      fc.constantFrom(...set.map(each => each.text)),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('\\', '"', '\u2028', '{"a":4111111111111111}', '[', ' {', '\\u00e9'),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(4242424242424242, null, true),
    )
    const key = fc.oneof(fc.constantFrom('password', 'ssn', 'phone', 'a@example.com', 'text', 'n'), fc.string())
    const tree = fc.letrec(tie => ({
      node: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(key, tie('node'), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).node
    fc.assert(
      fc.property(
        fc.array(tree, { maxLength: 4 }),
        fc.nat(2),
        fc.integer({ min: 1, max: 9 }),
        (value, indent, size) => {
          const text = JSON.stringify(value, null, indent)
          const parts = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? []
          expect(JSON.parse(streamed(parts))).toEqual(JSON.parse(json(text) as string))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('that breaks off comes out as far as it came, without what is personal', () => {
    expect(streamed(['{"to":"a@exam', 'ple.com and'])).toBe('{"to":"[EMAIL] and')
    expect(streamed(['{"a@exam', 'ple.com'])).toBe('{"[EMAIL]')
    expect(streamed(['{"n":41111111', '11111111'])).toBe('{"n":"[CREDIT_CARD]"')
    expect(streamed(['{"password":"hun', 'ter2'])).toBe('{"password":"[SECRET]')
    expect(streamed(['{"s":"x\\', 'n\\u00'])).toBe('{"s":"x\\n')
  })

  it('passes its strings on while they arrive', () => {
    const stream = redactor.stream('json')
    expect(stream.push('{"content":"Hello my')).toBe('{"content":"Hello ')
    expect(stream.push(' name"')).toBe('my name"')
  })
})

describe('a text in base64', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64')

  it.each([
    ['short', '', 'I am a@example.com'],
    ['long', '', 'I am a@example.com. '.repeat(100)],
    ['JSON', '', '{"ssn":123456789,"mail":"a@example.com"}'],
    ['a data URL', 'data:text/plain;charset=utf-8;base64,', 'I am a@example.com'],
  ])('is redacted and is base64 again: %s', (_, head, text) => {
    const { a } = json({ a: head + base64(text) }) as { a: string }
    expect(a.startsWith(head)).toBe(true)
    const redacted = Buffer.from(a.slice(head.length), 'base64').toString()
    expect(redacted).toBe(redactor.json(text))
    expect(redacted).toContain('[EMAIL]')
  })

  it('stays as it is where nothing is in it, and so do pictures and words', () => {
    const picture = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.from('a@example.com '.repeat(99))])
    const kept = [base64('Nothing is in here at all.'), picture.toString('base64'), 'internationalizations']
    for (const each of kept) expect(json({ a: each })).toEqual({ a: each })
  })
})

it('a number that could be base64 of a text is looked at as a number', () => {
  expect(json({ a: '4527271047251783', b: '4561044466651644' })).toEqual({ a: '[CREDIT_CARD]', b: '[CREDIT_CARD]' })
})

describe('what is written with escapes', () => {
  const { text } = redactor

  it.each([
    ['/users?mail=a%40example.com&x=1', '/users?mail=[EMAIL]&x=1'],
    ['card=4111%201111%201111%201111', 'card=[CREDIT_CARD]'],
    ['{"mail":"a\\u0040example.com', '{"mail":"[EMAIL]'],
    [String.raw`{\"mail\":\"a\\u0040example.com`, String.raw`{\"mail\":\"[EMAIL]`],
  ])('is read: %s', (given, expected) => {
    expect(text(given)).toBe(expected)
    expect(json({ a: given })).toEqual({ a: expected })
  })

  it('stays as it is where there is nothing in it', () => {
    for (const each of ['/a%20b?c=%41', 'a 50%20b', String.raw`{"a":"\u0041`]) expect(text(each)).toBe(each)
  })
})
