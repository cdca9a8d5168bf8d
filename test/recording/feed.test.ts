import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import type { SessionEvent } from '../../src/sessions/events.ts'
import { serve } from '../support/serve.ts'
import { until } from '../support/until.ts'
import { of, scratch } from './rig.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))
const PATIENCE = 20_000
const usage = { prompt_tokens: 1000, completion_tokens: 20, total_tokens: 1020 }
const chunk = (delta: object, finish_reason: string | null = null, rest: object = {}) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }], ...rest })}\n\n`
const STREAM = [
  chunk({ role: 'assistant', content: 'one ' }),
  chunk({ content: 'two' }),
  chunk({}, 'stop', { usage }),
  'data: [DONE]\n\n',
].join('')
const BODY = JSON.stringify({
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'all at once' }, finish_reason: 'stop' }],
  usage,
})
const PLAIN = ['started', 'request_recorded', 'response_recorded', 'completed']
const STREAMED = ['started', 'request_recorded', 'stream_started', 'response_recorded', 'completed']

/** The preset that runs where nothing else is said, in a process of its own. */
async function gateway() {
  const upstream = createServer(async (message, response) => {
    const { stream } = (await json(message)) as { readonly stream: boolean }
    // Neither says how long it is: a body of unknown length is no stream.
    response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' })
    response.end(stream ? STREAM : BODY)
  })
  upstream.listen(0, '127.0.0.1')
  onTestFinished(() => void upstream.close())
  await once(upstream, 'listening')
  const base_url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`
  const g = await serve(port => ({
    'lunaroute.json': JSON.stringify({ port, providers: { openai: { base_url, api_key: 'k' } } }),
  }))
  onTestFinished(async () => void (await g.stop()))
  const ask = async (text: string, stream: boolean): Promise<void> => {
    const reply = await fetch(`${g.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', session_id: 'the-session' },
      body: JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content: text }] }),
    })
    expect(await reply.text()).toBe(stream ? STREAM : BODY)
  }
  /** Events that `/sessions/tail` tells from now on. `ended` resolves with the stream's end. */
  const follow = async (query: string) => {
    const reply = await fetch(`${g.url}/sessions/tail${query}`)
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
    const told: SessionEvent[] = []
    const read = async (): Promise<void> => {
      const decoder = new TextDecoder()
      let rest = ''
      for await (const bytes of reply.body!) {
        const frames = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
        rest = frames.pop()!
        for (const frame of frames) {
          const [, data] = frame.split('\ndata: ')
          if (data !== undefined) told.push(JSON.parse(data) as SessionEvent)
        }
      }
    }
    return { told, ended: read() }
  }
  return { g, ask, follow }
}

it('the preset default prints what a session came to when it is told to end', async () => {
  const { g, ask } = await gateway()
  await ask('first', true)
  await ask('second', false)
  expect(await g.stop()).toBe(0)
  const [, summary = ''] = g.output().split('Session Statistics Summary')
  expect(summary).toContain('Session: the-session')
  expect(summary).toMatch(/Requests: +2\b/)
  expect(summary).toMatch(/Input tokens: +2,000\b/)
  expect(summary).toMatch(/Output tokens: +40\b/)
  expect(summary).toMatch(/Total tokens: +2,040\b/)
})

it('GET /sessions/tail streams events as they are recorded, whole where that is asked for', async () => {
  const { g, ask, follow } = await gateway()
  const brief = await follow('?session=the-session')
  await ask('first', true)
  await until(() => of(brief.told, 'completed').length === 1, 'the first request is told', PATIENCE)
  const whole = await follow('?full=true')
  const other = await follow('?session=another')
  await ask('second', false)
  await until(() => of(whole.told, 'completed').length === 1, 'the second request is told', PATIENCE)
  expect(brief.told.map(each => each.type)).toEqual([...STREAMED, ...PLAIN])
  expect(whole.told.map(each => each.type)).toEqual(PLAIN)
  expect(of(brief.told, 'request_recorded').map(each => each.request_json)).toEqual([null, null])
  expect(of(brief.told, 'response_recorded')).toMatchObject([
    { response_text: 'one two', response_json: null, is_streaming: true, total_tokens: 1020 },
    { response_text: 'all at once', response_json: null, is_streaming: false, total_tokens: 1020 },
  ])
  expect(of(whole.told, 'request_recorded')[0]?.request_json).toEqual({
    model: 'm',
    stream: false,
    messages: [{ role: 'user', content: 'second' }],
  })
  expect(of(whole.told, 'response_recorded')[0]?.response_json).toEqual(JSON.parse(BODY))
  expect(other.told).toEqual([])
  // What was answered right before the end is told, too.
  await ask('third', true)
  expect(await g.stop()).toBe(0)
  await Promise.all([brief.ended, whole.ended, other.ended])
  expect(brief.told.map(each => each.type)).toEqual([...STREAMED, ...PLAIN, ...STREAMED])
})

it('lunaroute sessions tail prints events of a running gateway until it ends', async () => {
  const { g, ask } = await gateway()
  const child = spawn(process.execPath, [PROGRAM, 'sessions', 'tail', '--json', '--url', g.url], {
    env: { PATH: process.env.PATH, HOME: scratch() },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill())
  let output = ''
  child.stdout.on('data', text => (output += text))
  const exited = once(child, 'exit')
  const events = (): readonly SessionEvent[] =>
    output
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as SessionEvent)
  // It follows from some moment on, which may be in the middle of a request.
  const whole = (): string | undefined => {
    const begun = new Set(of(events(), 'started').map(each => each.request_id))
    return of(events(), 'completed').find(each => begun.has(each.request_id))?.request_id
  }
  await until(
    async () => {
      if (whole() === undefined) await ask('again', true)
      return whole() !== undefined
    },
    'a request is told from its beginning to its end',
    PATIENCE,
  )
  expect(await g.stop()).toBe(0)
  expect((await exited)[0]).toBe(0)
  const request = whole()
  expect(
    events()
      .filter(each => each.request_id === request)
      .map(each => each.type),
  ).toEqual(STREAMED)
})
