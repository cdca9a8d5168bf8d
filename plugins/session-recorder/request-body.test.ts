import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { filesIn, of, recorded } from '../../test/recording/rig.ts'
import pii from '../pii/index.ts'

const CHAT = '/v1/chat/completions'
const answer = { choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }] }

it('writes a request as it came, and on one line', async () => {
  const { g, directory, stop } = await recorded({
    upstream: () => ({ body: answer }),
  })
  const dense =
    '{"model":"m",  "seed":12345678901234567890,"top_p":1.0, "messages":[{"role":"user","content":"\u201chi\\u0000”"}]}'
  const pretty = JSON.stringify(JSON.parse(dense), null, 2).replaceAll('\n', '\r\n')
  for (const body of [dense, pretty]) await (await g.post(CHAT, body, { session_id: 's' })).text()
  const events = of(await stop(), 'request_recorded')
  expect(events.map(each => each.request_json)).toEqual([JSON.parse(dense), JSON.parse(dense)])
  expect(events.map(each => each.request_text)).toEqual(['\u201chi\0”', ''])
  expect(events.map(each => each.request_size_bytes)).toEqual([dense, pretty].map(each => Buffer.byteLength(each)))
  const lines = filesIn(directory).flatMap(path => readFileSync(path, 'utf8').split('\n'))
  expect(lines.filter(line => line.includes(`"request_json":${dense}}`))).toHaveLength(1)
  expect(lines.filter(line => line.includes(`"request_json":${pretty.replace(/\r\n/g, '  ')}}`))).toHaveLength(1)
})

it('writes halves of characters as what every program reads, and whole ones as they came', async () => {
  const { g, directory, stop } = await recorded({ upstream: () => ({ body: answer }) })
  const said = (content: string) => `{"model":"m","messages":[{"role":"user","content":"${content}"}]}`
  const texts = ['a \\ud800 b', 'c \\udc00', '\\ud83d\\ude00 d', '\\\\ud83d e', '\\\\\\ud83d f']
  for (const text of texts) await (await g.post(CHAT, said(text), { session_id: 's' })).text()
  expect(of(await stop(), 'request_recorded').map(each => each.request_text)).toEqual(
    expect.arrayContaining(['a \ufffd b', 'c \ufffd', '😀 d', '\\ud83d e', '\\\ufffd f']),
  )
  const file = filesIn(directory)
    .map(path => readFileSync(path, 'utf8'))
    .join('')
  expect(file).toContain(said('\\ud83d\\ude00 d'))
  expect(file.match(/.ufffd/g)).toHaveLength(6)
  expect(file).not.toMatch(/ud800|udc00/)
})

it('redacts a request where it stands', async () => {
  const { g, directory, stop } = await recorded({ plugins: [pii()], upstream: () => ({ body: answer }) })
  const dense = (mail: string) =>
    `{"model":"m",  "seed":12345678901234567890,"top_p":1.0,"user":"x","user":"${mail}","messages":[{"role":"user","content":"mail ${mail}"}]}`
  await (await g.post(CHAT, dense('john.doe@example.com'), { session_id: 's' })).text()
  await (await g.post(CHAT, dense('john.doe@example.com').replaceAll(',"', ',\n"'), { session_id: 't' })).text()
  const events = of(await stop(), 'request_recorded')
  expect(events.map(each => each.request_text)).toEqual(['mail [EMAIL]', 'mail [EMAIL]'])
  expect(events.map(each => each.request_json)).toEqual([JSON.parse(dense('[EMAIL]')), JSON.parse(dense('[EMAIL]'))])
  const text = filesIn(directory)
    .map(path => readFileSync(path, 'utf8'))
    .join('')
  expect(text).toContain(`"request_json":${dense('[EMAIL]')}}`)
  expect(text).not.toContain('john')
})

it('reads a large request that is not ASCII alone', async () => {
  const { g, stop } = await recorded({ upstream: () => ({ body: answer }) })
  const text = 'Ein “Wort”, 一个词, 😀 und so weiter. '.repeat(2_000)
  const body = { model: 'm', messages: [{ role: 'user', content: text }] }
  await (await g.post(CHAT, body)).text()
  const [event] = of(await stop(), 'request_recorded')
  expect(event).toMatchObject({ request_text: text, request_json: body })
})
