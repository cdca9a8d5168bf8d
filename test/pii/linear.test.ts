import { expect, it } from 'vitest'
import { WINDOW } from '../../plugins/pii/redact/pieces.ts'
import { createRedactor } from '../../plugins/pii/redactor.ts'
import { settings } from './settings.ts'

const redactor = createRedactor(settings())

/** What each detector likes to begin with, over and over, and never gets to end. */
const HOSTILE = [
  'a',
  '1',
  '1 ',
  '1-',
  '(1',
  '0 ',
  '12 34 56 ',
  '4111 ',
  '+1',
  '@',
  'a@',
  'a.',
  'a@b.',
  'a@a-',
  ':',
  'a:',
  '1:',
  '1.',
  '1.1.',
  'DE89',
  'DE89 ',
  'sk-',
  'sk-a',
  'AKIA',
  'eyJaaaaaaaa.',
  'eyJ',
  'password',
  'password:',
  'password: ',
  'password: "',
  'password is ',
  'password="a ',
  'bearer ',
  'basic a',
  '://',
  '://a:',
  '://a:b@',
  'http://a:b',
  '-----BEGIN ',
  '-----BEGIN PRIVATE KEY-----',
  '-----BEGIN PRIVATE KEY-----\n',
  '-----BEGIN A PRIVATE KEY----- -----END ',
  '\\',
  '"',
  '"\\"',
  '[',
  '{"a":',
  'xn--',
  'é',
  '\u00a0',
  '密',
  '{"password":"',
]

// The slowest takes a tenth of a second on an idle machine. What goes wild takes hours.
const LIMIT = 4000

it.each(HOSTILE)('%j without end takes its time, and no more', piece => {
  const text = piece.repeat(Math.ceil((4 * WINDOW) / piece.length))
  const began = process.cpuUsage()
  redactor.text(text)
  redactor.json(`{"a":${JSON.stringify(text)}}`)
  expect(process.cpuUsage(began).user / 1000).toBeLessThan(LIMIT)
})

it('in single characters costs no more than in a piece, but for the calls', () => {
  for (const piece of ['a', '1 ', 'password="a ', '-----BEGIN PRIVATE KEY-----\n', 'DE89 ']) {
    const text = piece.repeat(Math.ceil(6000 / piece.length))
    const stream = redactor.stream()
    const began = process.cpuUsage()
    for (const character of text) stream.push(character)
    stream.end()
    expect(process.cpuUsage(began).user / 1000, piece).toBeLessThan(LIMIT)
  }
})
