import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { eventsIn, filesIn, linesIn, of, scratch } from './rig.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))
/** What a kill may cost of finished requests, in milliseconds. */
const LOSS = 100
/** A machine that is busy may keep the worker from running: then another try counts. */
const TRIES = 4

it('a gateway that is killed under load has lost at most what was finished in the last 100 ms', async () => {
  const losses: number[] = []
  for (let i = 0; i < TRIES && !losses.some(each => each <= LOSS); i++) losses.push(await killed())
  console.log(
    `finished requests not recorded when the gateway was killed: the oldest ${losses.map(each => each.toFixed(0)).join(', ')} ms before`,
  )
  expect(Math.min(...losses)).toBeLessThanOrEqual(LOSS)
}, 180_000)

/** Kills a gateway under load and returns the age of the oldest request that was finished and is not recorded. */
async function killed(): Promise<number> {
  const folder = scratch()
  const directory = join(folder, 'sessions')
  const upstream = createServer((request, response) => {
    request.resume()
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[]}'))
  })
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  onTestFinished(() => void upstream.close())
  const port = await freePort()
  const config = join(folder, 'lunaroute.json')
  writeFileSync(
    config,
    JSON.stringify({
      port,
      extends: ['passthrough'],
      providers: {
        openai: { base_url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`, api_key: 'k' },
      },
      plugins: ['session-recorder', { name: 'session-jsonl', options: { directory } }],
    }),
  )
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--config', config], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder },
    stdio: 'ignore',
  })
  const url = `http://127.0.0.1:${port}/v1/chat/completions`
  await until(
    () =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    'the gateway answers',
    30_000,
  )
  const finished = new Map<string, number>()
  let isOver = false
  const text = 'x'.repeat(5_000)
  const load = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (!isOver) {
        try {
          const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: `${finished.size} ${text}` }] })
          const reply = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
          const id = reply.headers.get('x-lunaroute-request-id')!
          await reply.text()
          finished.set(id, performance.now())
          await new Promise(resolve => setTimeout(resolve, 10))
        } catch {
          return
        }
      }
    }),
  )
  await until(() => finished.size > 300, 'some hundred requests', 60_000)
  const at = performance.now()
  child.kill('SIGKILL')
  isOver = true
  await once(child, 'exit')
  await load
  // Every file is whole lines: `linesIn` throws for one that is not.
  for (const path of filesIn(directory).filter(each => each.endsWith('.jsonl'))) linesIn(path)
  const recorded = new Set(of(eventsIn(directory), 'completed').map(each => each.request_id))
  const missing = [...finished].filter(([id, time]) => time <= at && !recorded.has(id))
  return Math.max(0, ...missing.map(([, time]) => at - time))
}
