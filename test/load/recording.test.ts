import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openDatabase } from '../../plugins/session-sqlite/driver.ts'
import { filesIn, scratch } from '../recording/rig.ts'
import { IS_LONG } from '../support/long.ts'
import { serve } from '../support/serve.ts'
import { until } from '../support/until.ts'

// The long form has 24 GB of bodies.
const SECONDS = IS_LONG ? 600 : 10
const RATE = 200
const BYTES = 200_000
const SESSIONS = 50
const MB = 1024 * 1024
const QUEUE = 64 * MB
/**
 * What memory may grow by in the second half. A worker that keeps up needs next to nothing of it; one that does not, on a
 * machine that does other things, needs the ring, whose pages are there once it has been full, and what may wait in memory for
 * the disk (128 MB) and for each of two writers (32 MB).
 */
const GROWTH = QUEUE + 128 * MB + 2 * 32 * MB
/** How long a machine that was too slow may take to write what waits, in milliseconds. */
const PATIENCE = 120_000 + SECONDS * 500

test(
  `${SECONDS} s at ${RATE} requests/s with ${BYTES / 1000} KB each are recorded without a loss`,
  async () => {
    const folder = scratch()
    const directory = join(folder, 'sessions')
    const path = join(folder, 'sessions.db')
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
        plugins: [
          'metrics',
          { name: 'session-recorder', options: { spill_mb: 100_000 } },
          { name: 'session-jsonl', options: { directory } },
          { name: 'session-sqlite', options: { path, sessions_dir: '' } },
        ],
      }),
    }))
    const agent = new Agent({ keepAlive: true, maxSockets: 64 })
    const failures: string[] = []
    const ask = (n: number): Promise<number> =>
      new Promise(resolve => {
        const body = bodyOf(n)
        const headers = {
          'content-type': 'application/json',
          'content-length': body.length,
          session_id: `s${n % SESSIONS}`,
        }
        const call = request(`${gateway.url}/v1/chat/completions`, { method: 'POST', agent, headers }, response => {
          response.resume()
          response.on('end', () => resolve(response.statusCode ?? 0))
        })
        call.on('error', error => {
          const second = ((performance.now() - began) / 1000).toFixed(1)
          failures.push(`${second} s: ${error.message}${call.reusedSocket ? ', on a kept connection' : ''}`)
          resolve(0)
        })
        call.end(body)
      })
    const meters = async (): Promise<(name: string) => number> => {
      const text = await (await fetch(`${gateway.url}/metrics`)).text()
      return name => {
        const samples = text
          .split('\n')
          .filter(line => /^[^# ]+/.exec(line)?.[0].split('{')[0] === `lunaroute_recording_${name}`)
        return samples.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
      }
    }
    const total = SECONDS * RATE
    const began = performance.now()
    const pending: Promise<number>[] = []
    const seen: { second: number; rss: number; queued: number; spilled: number }[] = []
    let isSending = true
    const watching = (async () => {
      while (isSending) {
        const [rss, meter] = await Promise.all([gateway.rss(), meters()])
        const second = Math.round((performance.now() - began) / 1000)
        seen.push({ second, rss, queued: meter('queue_bytes'), spilled: meter('spill_bytes') })
        await sleep(1000)
      }
    })()
    for (let n = 0; n < total; n++) {
      const due = began + (n * 1000) / RATE
      if (due > performance.now()) await sleep(due - performance.now())
      pending.push(ask(n))
    }
    const statuses = await Promise.all(pending)
    isSending = false
    await watching
    const took = (performance.now() - began) / 1000
    agent.destroy()
    await until(
      async () => {
        const meter = await meters()
        await sleep(200)
        return meter('exchanges_total') + meter('dropped_total') >= total && meter('events_pending') === 0
      },
      'everything is written',
      PATIENCE,
    )
    const meter = await meters()
    expect(await gateway.stop()).toBe(0)
    upstream.close()
    const files = filesIn(directory).filter(each => each.endsWith('.jsonl'))
    let inFiles = 0
    for (const file of files) inFiles += await completedIn(file)
    const database = openDatabase(path, { isReadOnly: true })
    const inDatabase = database.prepare("SELECT count(*) AS n FROM requests WHERE outcome = 'ok'").get()?.n
    database.close()
    const half = seen.find(each => each.second >= SECONDS / 2) ?? seen[0]!
    const growth = Math.max(...seen.map(each => each.rss)) - half.rss
    const step = Math.ceil(seen.length / 20)
    console.log(
      `${inFiles} and ${inDatabase} of ${received} recorded in ${took.toFixed(1)} s; at most ${mb(growth)} MB more than at half time`,
      `\nseconds: RSS/queue/spill in MB: ${seen
        .filter((_, i) => i % step === 0)
        .map(each => `${each.second}: ${mb(each.rss)}/${mb(each.queued)}/${mb(each.spilled)}`)
        .join(', ')}`,
    )
    expect(failures).toEqual([])
    expect(statuses.every(status => status === 200)).toBe(true)
    expect([received, inFiles, inDatabase, meter('dropped_total')]).toEqual([total, total, total, 0])
    expect(Math.max(...seen.map(each => each.queued))).toBeLessThanOrEqual(QUEUE)
    expect(growth).toBeLessThan(GROWTH)
  },
  SECONDS * 1000 + PATIENCE + 120_000,
)

const SOURCE = 'const value = await read(path) // “as it stands”\n'
const HISTORY = Array.from({ length: 25 }, (_, i) => [
  { role: 'user', content: `look at file ${i}` },
  { role: 'assistant', content: SOURCE.repeat(BYTES / 25 / (SOURCE.length + 5)) },
]).flat()
const PLACE = '00000000'
const BODIES = Array.from({ length: SESSIONS }, (_, i) => {
  const messages = [
    { role: 'system', content: `session ${i}` },
    ...HISTORY,
    { role: 'user', content: `go on with ${PLACE}` },
  ]
  return Buffer.from(JSON.stringify({ model: 'm', messages }))
})

/** A turn of a long conversation: what is new is the end. */
function bodyOf(n: number): Buffer {
  const body = Buffer.from(BODIES[n % SESSIONS]!)
  body.write(String(n).padStart(PLACE.length, '0'), body.lastIndexOf(PLACE))
  return body
}

/** Counts without reading what may be gigabytes into memory. */
async function completedIn(path: string): Promise<number> {
  const begin = Buffer.from('\n{"type":"completed"')
  let count = 0
  let rest: Uint8Array = Buffer.alloc(0)
  for await (const bytes of createReadStream(path, { highWaterMark: MB })) {
    const text = Buffer.concat([rest, bytes as Buffer])
    for (let at = text.indexOf(begin); at >= 0; at = text.indexOf(begin, at + 1)) count++
    rest = text.subarray(Math.max(0, text.length - begin.length + 1))
  }
  return count
}

function mb(bytes: number): string {
  return (bytes / MB).toFixed(0)
}
