import { expect, onTestFinished, test } from 'vitest'
import { dialect, providersAt, sampleRequest } from '../support/dialects.ts'
import { RawConnection } from '../support/raw-client.ts'
import { PRESET } from '../support/roundtrip.ts'
import { serve } from '../support/serve.ts'
import { pause, until } from '../support/until.ts'
import { startUpstream } from '../support/upstream.ts'

const STREAMS = 1000
const EVENTS = 20
const INTERVAL = 200

test(`${STREAMS} slow streams at once all complete on one process`, async () => {
  const upstream = await startUpstream(async (request, wire) => {
    await request.complete
    await wire.head(200, [
      ['content-type', 'text/event-stream'],
      ['transfer-encoding', 'chunked'],
    ])
    for (let n = 0; n < EVENTS; n++) {
      await pause(INTERVAL)
      await wire.chunk(`data: {"sent":${performance.now()}}\n\n`)
    }
    await wire.endChunks()
  })
  onTestFinished(() => upstream.close())
  const gateway = await serve(port => ({
    'config.json': JSON.stringify({ port, extends: [PRESET], providers: providersAt(upstream.url) }),
  }))
  onTestFinished(() => gateway.stop().then(() => {}))
  const delays: number[] = []
  const stream = async (): Promise<string> => {
    const connection = await RawConnection.open(gateway.port)
    const pending = connection.begin(sampleRequest(dialect('openai-chat'), true))
    let events = 0
    pending.onBody = bytes => {
      for (const [, sent] of bytes.toString('latin1').matchAll(/"sent":([\d.]+)/g)) {
        events++
        delays.push(performance.now() - Number(sent))
      }
    }
    const { status, ending } = await pending.done
    connection.close()
    return `${status} ${ending} ${events}`
  }
  const before = await gateway.vitals('start')
  const started = performance.now()
  const all = Promise.all(Array.from({ length: STREAMS }, stream))
  await until(() => upstream.connections().busy === STREAMS, 'all streams are under way', 10_000)
  const during = await gateway.vitals()
  const results = await all
  const seconds = (performance.now() - started) / 1000
  const after = await gateway.vitals()
  const sorted = delays.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.ceil(share * sorted.length) - 1] ?? 0).toFixed(1)
  const mb = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0)
  console.log(
    `${STREAMS} streams in ${seconds.toFixed(1)} s: RSS ${mb(before.rss)} MB before, ${mb(during.rss)} during, ${mb(after.rss)} after; ` +
      `event loop delay p50 ${after.p50.toFixed(1)}, p99 ${after.p99.toFixed(1)}, max ${after.max.toFixed(1)} ms; ` +
      `${(((after.cpu - before.cpu) / 1000 / seconds) * 100).toFixed(0)} % of a core; ` +
      `provider to client p50 ${at(0.5)}, p99 ${at(0.99)} ms`,
  )
  expect(new Set(results)).toEqual(new Set([`200 chunked ${EVENTS}`]))
})
