import { expect, onTestFinished, test } from 'vitest'
import { dialect, providersAt, sampleRequest } from '../support/dialects.ts'
import { headerOf } from '../support/http-message.ts'
import { RawConnection } from '../support/raw-client.ts'
import { serve } from '../support/serve.ts'
import { pause, until } from '../support/until.ts'
import { startUpstream } from '../support/upstream.ts'

const STREAMS = 500
const EDITS = 50
const EVENTS = 8
const INTERVAL = 120
const MB = 1024 * 1024

const config = (port: number, upstream: string, mark: number): string => `
import { defineConfig } from 'lunaroute'
import mark from './plugins/mark.ts'

export default defineConfig({
  port: ${port},
  extends: ['passthrough'],
  providers: ${JSON.stringify(providersAt(upstream))},
  plugins: [mark({ config: ${mark} })],
})
`
const plugin = (mark: number): string => `
import { definePlugin, Type } from 'lunaroute'

const PLUGIN = ${mark}

export default definePlugin({
  name: 'mark',
  options: Type.Object({ config: Type.Integer() }),
  setup({ config }) {
    const generation = config + '.' + PLUGIN
    return {
      ingress(exchange) {
        exchange.setResponseHeader('x-generation', generation)
      },
      streamChunk(chunk) {
        const payload = chunk.json()
        return payload ? chunk.with({ ...payload, generation }) : chunk
      },
    }
  },
})
`

test(`${EDITS} edits of config and plugin during ${STREAMS} streams: no request fails, no stream changes its generation`, async () => {
  const upstream = await startUpstream(async (request, wire) => {
    await request.complete
    await wire.head(200, [
      ['content-type', 'text/event-stream'],
      ['transfer-encoding', 'chunked'],
    ])
    for (let n = 0; n < EVENTS; n++) {
      await pause(INTERVAL)
      await wire.chunk(`data: {"n":${n}}\n\n`)
    }
    await wire.chunk('data: [DONE]\n\n')
    await wire.endChunks()
  })
  const marks = { config: 0, plugin: 0 }
  const current = (): string => `${marks.config}.${marks.plugin}`
  onTestFinished(() => upstream.close())
  const gateway = await serve(port => ({
    'lunaroute.config.ts': config(port, upstream.url, 0),
    'plugins/mark.ts': plugin(0),
  }))
  onTestFinished(() => gateway.stop().then(() => {}))

  const probe = await RawConnection.open(gateway.port)
  const serving = async (): Promise<string | undefined> =>
    headerOf((await probe.request({ target: '/v1/generation-probe' })).headers, 'x-generation')
  const delays: number[] = []
  const edit = async (n: number): Promise<void> => {
    if (n % 2 === 0) gateway.edit('lunaroute.config.ts', config(gateway.port, upstream.url, ++marks.config))
    else gateway.edit('plugins/mark.ts', plugin(++marks.plugin))
    const started = performance.now()
    await until(async () => (await serving()) === current(), `edit ${n} takes effect`, 10_000)
    delays.push(performance.now() - started)
  }

  // The first reloads warm up the compiler and the caches: memory is compared from here on.
  for (let n = 0; n < 6; n++) await edit(n)
  const before = await gateway.vitals('collect')
  delays.length = 0

  const wrong: string[] = []
  const generations = new Set<string>()
  let streams = 0
  let isOver = false
  const work = async (n: number): Promise<void> => {
    // Streams that begin in step would leave most generations without any.
    await pause((n / STREAMS) * EVENTS * INTERVAL)
    const connection = await RawConnection.open(gateway.port)
    while (!isOver) {
      const { status, headers, body, ending } = await connection.request(sampleRequest(dialect('openai-chat'), true))
      const generation = headerOf(headers, 'x-generation') ?? 'none'
      const wanted = Array.from({ length: EVENTS }, (_, n) => `data: ${JSON.stringify({ n, generation })}`)
      const isRight =
        status === 200 && ending === 'chunked' && body.toString() === `${[...wanted, 'data: [DONE]'].join('\n\n')}\n\n`
      if (!isRight) wrong.push(`${status} ${ending} in ${generation}: ${body}`)
      generations.add(generation)
      streams++
      if (ending !== 'chunked') return
    }
    connection.close()
  }
  const workers = Array.from({ length: STREAMS }, (_, n) => work(n))
  await until(() => upstream.connections().busy >= 0.95 * STREAMS, 'nearly all streams are under way', 10_000)
  for (let n = 0; n < EDITS; n++) await edit(n)
  isOver = true
  await Promise.all(workers)
  probe.close()

  await pause(50)
  const after = await gateway.vitals('collect')
  const sorted = delays.toSorted((a, b) => a - b)
  console.log(
    `${EDITS} edits during ${streams} streams of ${generations.size} generations: ${wrong.length} wrong; ` +
      `edit to effect p50 ${sorted[EDITS / 2]?.toFixed(0)}, max ${sorted.at(-1)?.toFixed(0)} ms; ` +
      `heap ${(before.heapUsed / MB).toFixed(1)} MB before, ${(after.heapUsed / MB).toFixed(1)} after, ` +
      `RSS ${(before.rss / MB).toFixed(0)} and ${(after.rss / MB).toFixed(0)} MB`,
  )
  const code = await gateway.stop()
  expect(wrong.slice(0, 5)).toEqual([])
  expect(generations.size).toBeGreaterThan(EDITS / 2)
  expect(sorted.at(-1)).toBeLessThan(1000)
  expect(after.heapUsed - before.heapUsed).toBeLessThan(10 * MB)
  expect(code).toBe(0)
})
