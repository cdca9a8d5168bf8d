import { expect, onTestFinished, test } from 'vitest'
import type { Config } from '../../src/config/define.ts'
import { dialect, providersAt, sampleRequest } from '../support/dialects.ts'
import { RawConnection, send } from '../support/raw-client.ts'
import { serve } from '../support/serving.ts'
import { until } from '../support/until.ts'
import { startUpstream } from '../support/upstream.ts'

const STREAMS = 20

test('a reload that changes how connections are made lets streams end on the old ones, and closes those after', async () => {
  let goOn = (): void => {}
  const gone = new Promise<void>(resolve => {
    goOn = resolve
  })
  const old = await startUpstream(async (request, wire) => {
    await request.complete
    await wire.head(200, [
      ['content-type', 'text/event-stream'],
      ['transfer-encoding', 'chunked'],
    ])
    await wire.chunk('data: {"n":1}\n\n')
    await gone
    await wire.chunk('data: [DONE]\n\n')
    await wire.endChunks()
  })
  const next = await startUpstream(async (request, wire) => {
    await request.complete
    await wire.answer({ headers: [['content-type', 'application/json']], body: '{"next":true}' })
  })
  onTestFinished(async () => void (await Promise.all([old.close(), next.close()])))
  const config = (url: string, more: Config): Config => ({
    extends: ['passthrough'],
    providers: providersAt(url),
    ...more,
  })
  const gateway = await serve(config(old.url, {}))
  onTestFinished(() => gateway.close())

  const streams = await Promise.all(
    Array.from({ length: STREAMS }, async () => {
      const connection = await RawConnection.open(gateway.port)
      const pending = connection.begin(sampleRequest(dialect('openai-chat'), true))
      await pending.headArrived
      return { connection, pending }
    }),
  )
  gateway.use(config(old.url, { http_client: { pool_max_idle_per_host: 1, connect_timeout_secs: 3 } }))
  await gateway.gateway.reload()
  gateway.use(config(next.url, { http_client: { http2: true } }))
  await gateway.gateway.reload()
  expect((await send(gateway.port, sampleRequest(dialect('openai-chat'), false))).body.toString()).toBe('{"next":true}')
  expect(old.connections().busy).toBe(STREAMS)

  goOn()
  for (const { connection, pending } of streams) {
    const { status, ending, body } = await pending.done
    expect([status, ending, body.toString()]).toEqual([200, 'chunked', 'data: {"n":1}\n\ndata: [DONE]\n\n'])
    connection.close()
  }
  await until(() => old.connections().open === 0, 'connections to the old provider are closed')
})
