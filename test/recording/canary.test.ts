import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import pii from '../../plugins/pii/index.ts'
import { filesIn, of, recorded, scratch } from './rig.ts'

/** Secrets of forms that are known, each once for every place, so that a hit tells where it was. */
const secret = (n: number): string => `sk-proj-${'Zq8Xv2Lm5Rt9Wc3Yb7Nd'.repeat(2)}${String(n).padStart(4, '0')}`
const HEADERS = [
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'cookie',
  'proxy-authorization',
  'x-session-id',
  'x-session-tags',
  'x-luna-tags',
  'user-agent',
  'x-client-request-id',
  'x-anything',
  'referer',
]

it('finds no secret of any header or place of a body in any file or log', async () => {
  const used: string[] = []
  const next = (): string => {
    used.push(secret(used.length))
    return used.at(-1)!
  }
  const directory = scratch()
  const reply = () => ({
    id: next(),
    object: 'chat.completion',
    created: 1,
    model: next(),
    system_fingerprint: next(),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: `the key is ${next()}.`,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'f', arguments: JSON.stringify({ key: next() }) } },
          ],
        },
        finish_reason: 'stop',
      },
    ],
  })
  const stream = () => {
    const text = `a key in pieces: ${next()} and on`
    const pieces = text.match(/.{1,7}/g)!
    const event = (delta: object, finish: string | null) =>
      `data: ${JSON.stringify({ id: 'c', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
    return [...pieces.map(content => event({ content }, null)), event({}, 'stop'), 'data: [DONE]\n\n']
  }
  const { g, stop } = await recorded({
    directory,
    upstream: request => {
      const headers = { 'x-request-id': next(), 'set-cookie': `id=${next()}` }
      if (request.path.includes('missing'))
        return { status: 404, headers, body: { error: { message: `no ${next()}` } } }
      return (request.json() as { stream?: boolean }).stream
        ? { headers, stream: stream() }
        : { headers, body: reply() }
    },
    plugins: [pii()],
  })
  for (const isStream of [false, true]) {
    const body = {
      model: `m ${next()}`,
      stream: isStream,
      user: next(),
      metadata: { note: next() },
      [next()]: 'a key of an object',
      messages: [
        { role: 'system', content: `use ${next()}` },
        { role: 'user', name: next(), content: [{ type: 'text', text: `mine is ${next()}, keep it` }] },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: next(),
              type: 'function',
              function: { name: 'f', arguments: JSON.stringify({ a: { b: [next()] } }) },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'x', content: next() },
      ],
      tools: [{ type: 'function', function: { name: 'f', description: next(), parameters: { default: next() } } }],
    }
    const headers = Object.fromEntries(
      HEADERS.map(name => [name, name === 'authorization' ? `Bearer ${next()}` : next()]),
    )
    const path = `/v1/chat/completions?key=${next()}&api_key=${next()}&other=${next()}`
    await (await g.post(path, body, headers)).text()
  }
  await (await g.post('/v1/chat/completions', `not json ${next()}`)).text()
  const events = await stop()
  expect(of(events, 'completed').length).toBeGreaterThanOrEqual(2)
  const files = filesIn(directory).map(path => ({ path, text: path + readFileSync(path, 'utf8') }))
  const log = g.logs.join('\n')
  const hits = used.flatMap((each, i) => {
    const found = files
      .filter(({ text }) => text.includes(each))
      .map(({ text }) => text.slice(Math.max(0, text.indexOf(each) - 60), text.indexOf(each)))
    return [...found, ...(log.includes(each) ? ['log'] : [])].map(where => `${i}: ${where}`)
  })
  expect(used.length).toBeGreaterThan(50)
  expect(hits).toEqual([])
})
