import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { definePlugin } from '../../src/index.ts'
import { type SessionEvent, sessionWriterService } from '../../src/sessions/index.ts'
import { gateway } from '../../src/testing.ts'
import { CHAT, completion, user } from '../../test/recording/chat.ts'
import { eventsIn, filesIn, of, recorded, recording, scratch } from '../../test/recording/rig.ts'
import { until } from '../../test/support/until.ts'
import sessionRecorder from './index.ts'

describe('writers', () => {
  const collecting = (write: (events: readonly SessionEvent[]) => Promise<void> | void) =>
    definePlugin({
      name: 'collecting',
      setup(_options, api) {
        api.offer(sessionWriterService, { name: 'collecting', writer: { write } })
        return {}
      },
    })()

  it('that fail get the same events again, in order, while others go on', async () => {
    const taken: SessionEvent[] = []
    let failures = 0
    const write = (events: readonly SessionEvent[]): void => {
      if (failures < 2) {
        failures++
        throw new Error('not now')
      }
      taken.push(...events)
    }
    const { g, directory, stop } = await recorded({
      upstream: () => ({ body: completion({ content: 'ok' }) }),
      plugins: [collecting(write)],
    })
    for (let i = 0; i < 5; i++)
      await (await g.post(CHAT, { model: 'm', messages: [user(`${i}`)] }, { session_id: 's' })).text()
    await until(() => eventsIn(directory).length === 20, 'the other writer has its events', 20_000)
    expect(await stop()).toEqual(taken)
    expect(failures).toBe(2)
  })

  it('lose nothing when the configuration changes', async () => {
    const directory = scratch()
    const config = (age: number) => recording(directory, { jsonl: { retention: { max_age_days: age } } })
    const g = await gateway(config(30), { upstream: () => ({ body: completion({ content: 'ok' }) }) })
    onTestFinished(() => g.close())
    for (const age of [30, 31, 32]) {
      await g.reload(config(age))
      for (let i = 0; i < 10; i++) await (await g.post(CHAT, { model: 'm', messages: [user(`${age} ${i}`)] })).text()
    }
    await g.close()
    expect(of(eventsIn(directory), 'completed')).toHaveLength(30)
  })

  it('write at once after a change, while an answer from before it still comes', async () => {
    const directory = scratch()
    const config = (age: number) => recording(directory, { jsonl: { retention: { max_age_days: age } } })
    let finish = (): void => undefined
    const g = await gateway(config(30), {
      upstream: (request, response) => {
        if (request.path.includes('responses')) return { body: {} }
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"choices":[]}\n\n')
        finish = () => void response.end('data: [DONE]\n\n')
        return undefined
      },
    })
    onTestFinished(() => g.close())
    const session = { session_id: 's' }
    const long = await g.post(CHAT, { model: 'm', stream: true, messages: [user('a')] }, session)
    await until(() => eventsIn(directory).length === 2, 'it has begun', 20_000)
    await g.reload(config(31))
    await (await g.post('/v1/responses', { model: 'm', input: 'b' }, session)).text()
    await until(() => of(eventsIn(directory), 'completed').length === 1, 'the other is written', 20_000)
    finish()
    await long.text()
    await until(() => of(eventsIn(directory), 'completed').length === 2, 'and so is the first', 20_000)
    expect(g.logs.filter(each => each.includes('events wait'))).toEqual([])
  })

  it('on the serving thread may post to an endpoint', async () => {
    const lines: string[] = []
    let refusals = 1
    const server = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', part => parts.push(part))
      request.on('end', () => {
        if (refusals-- > 0) response.statusCode = 503
        else lines.push(...Buffer.concat(parts).toString().trim().split('\n'))
        response.end()
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { default: httpWriter } = await import('../../docs/examples/http-writer.ts')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`
    const g = await gateway(
      { extends: 'passthrough', plugins: [sessionRecorder(), httpWriter({ url })] },
      { upstream: () => ({ body: completion({ content: 'ok' }) }) },
    )
    await (await g.post(CHAT, { model: 'm', messages: [user('a')] })).text()
    await g.close()
    expect(lines.map(each => JSON.parse(each).type)).toEqual([
      'started',
      'request_recorded',
      'response_recorded',
      'completed',
    ])
  })
})

it('records what is large where nothing may wait on disk', async () => {
  const { g, directory, stop } = await recorded({
    recorder: { spill_mb: 0 },
    upstream: () => ({ body: completion({ content: 'ok' }) }),
  })
  const ask = async (text: string) => (await g.post(CHAT, { model: 'm', messages: [user(text)] })).text()
  await ask('a')
  await until(() => of(eventsIn(directory), 'completed').length === 1, 'the writer is there', 20_000)
  await ask('x'.repeat(20_000_000))
  expect(of(await stop(), 'request_recorded').map(each => each.request_text.length)).toContain(20_000_000)
})

it('lets what finds no room in memory wait on disk, and loses nothing', async () => {
  const directory = scratch()
  const spill = scratch()
  const { g, stop } = await recorded({
    directory,
    recorder: { queue_mb: 1, spill_directory: spill },
    upstream: () => ({ body: completion({ content: 'ok' }) }),
  })
  const text = 'long '.repeat(60_000)
  await Promise.all(
    Array.from({ length: 40 }, async (_, i) =>
      (await g.post(CHAT, { model: 'm', messages: [user(`${i} ${text}`)] })).text(),
    ),
  )
  // One after the other the spill is left and come back to.
  for (let i = 40; i < 80; i++) await (await g.post(CHAT, { model: 'm', messages: [user(`${i} ${text}`)] })).text()
  const events = await stop()
  expect(new Set(of(events, 'request_recorded').map(each => Number.parseInt(each.request_text, 10))).size).toBe(80)
  expect(of(events, 'completed')).toHaveLength(80)
  expect(
    of(events, 'request_recorded').every(
      each => each.request_text.endsWith(text.trimEnd()) || each.request_text.endsWith(text),
    ),
  ).toBe(true)
  // It has no name, so that nothing is left of it.
  expect(filesIn(spill)).toEqual([])
})
