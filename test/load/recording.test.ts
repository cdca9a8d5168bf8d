import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { filesIn, linesIn, scratch } from '../recording/rig.ts'
import { serve } from '../support/serve.ts'

/** The long form is ten minutes: LUNAROUTE_TEST_RECORDING_SECONDS=600. */
const SECONDS = Number(process.env.LUNAROUTE_TEST_RECORDING_SECONDS ?? 10)
const RATE = 200
const BYTES = 200_000
/** The ring's 64 MB fill once, and the worker's heap and what waits for the writer (32 MB) grow to their size and stay. */
const GROWTH = 320 * 1024 * 1024

test(
  `${SECONDS} s at ${RATE} requests/s with ${BYTES / 1000} KB each are recorded without a loss`,
  async () => {
    const directory = join(scratch(), 'sessions')
    let received = 0
    const upstream = createServer((message, response) => {
      message.resume()
      message.on('end', () => {
        received++
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end('{"choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}]}')
      })
    })
    upstream.listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    const base = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`
    const gateway = await serve(port => ({
      'lunaroute.json': JSON.stringify({
        port,
        extends: ['passthrough'],
        providers: { openai: { base_url: base, api_key: 'k' } },
        plugins: ['session-recorder', { name: 'session-jsonl', options: { directory } }],
      }),
    }))
    const agent = new Agent({ keepAlive: true, maxSockets: 64 })
    const text = 'a word or two, and so on; '.repeat(Math.ceil(BYTES / 26))
    const ask = (n: number): Promise<number> =>
      new Promise((resolve, reject) => {
        const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: `${n} ${text}` }] })
        const headers = { 'content-type': 'application/json', 'content-length': body.length, session_id: `s${n % 50}` }
        const call = request(`${gateway.url}/v1/chat/completions`, { method: 'POST', agent, headers }, response => {
          response.resume()
          response.on('end', () => resolve(response.statusCode ?? 0))
        })
        call.on('error', reject)
        call.end(body)
      })
    const total = SECONDS * RATE
    const began = performance.now()
    const pending: Promise<number>[] = []
    let rss = 0
    for (let n = 0; n < total; n++) {
      const due = began + (n * 1000) / RATE
      if (due > performance.now()) await sleep(due - performance.now())
      pending.push(ask(n))
      if (n === Math.floor(total / 2)) ({ rss } = await gateway.vitals('collect'))
    }
    const statuses = await Promise.all(pending)
    const took = (performance.now() - began) / 1000
    const after = await gateway.vitals('collect')
    agent.destroy()
    expect(await gateway.stop()).toBe(0)
    upstream.close()
    const counts = filesIn(directory)
      .filter(path => path.endsWith('.jsonl'))
      .map(path => linesIn(path).filter(each => each.type === 'completed').length)
    const written = counts.reduce((sum, each) => sum + each, 0)
    const growth = (after.rss - rss) / 1e6
    console.log(
      `${written} of ${received} recorded in ${took.toFixed(1)} s; RSS ${(rss / 1e6).toFixed(0)} MB at half time, ${growth.toFixed(0)} MB more at the end`,
    )
    expect(statuses.every(status => status === 200)).toBe(true)
    expect([received, written]).toEqual([total, total])
    expect(after.rss - rss).toBeLessThan(GROWTH)
  },
  SECONDS * 1000 + 180_000,
)
