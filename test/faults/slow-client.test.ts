import { expect, test } from 'vitest'
import { dialect, providersAt, sampleRequest } from '../support/dialects.ts'
import { IS_LONG } from '../support/long.ts'
import { RawConnection, send } from '../support/raw-client.ts'
import { PRESET } from '../support/roundtrip.ts'
import { serve } from '../support/serve.ts'
import { pause } from '../support/until.ts'
import { startUpstream } from '../support/upstream.ts'

const MB = 1024 * 1024
const SIZE = 200 * MB
/**
 * Read at full speed first, so that growth is what the slow client costs: in a process that has passed few bytes yet, the
 * compiler's own work on the code that passes them takes 20 to 30 MB for a moment, with nothing on the heap or outside it.
 */
const WARM_UP = 32 * MB
const RATE = MB
// Memory is as high as it gets within the first seconds; the long form reads the answer to its end.
const SECONDS = IS_LONG ? 205 : 20
const GROWTH = 30 * MB
/** What may be held back for it once garbage is gone: the buffers of two sockets. */
const HELD = 4 * MB

for (const framing of ['length', 'chunked'] as const) {
  // Time itself is under test here: the gateway has so many seconds to take in more than it should.
  test.concurrent(`a client that reads 1 MB/s of a 200 MB answer (${framing}) costs less than 30 MB`, {
    timeout: SECONDS * 1000 + 60_000,
  }, async ({ onTestFinished }) => {
    let sent = 0
    let size = WARM_UP
    const piece = Buffer.alloc(256 * 1024, 'x')
    const upstream = await startUpstream(async (request, wire) => {
      await request.complete
      await wire.head(200, [framing === 'length' ? ['content-length', String(size)] : ['transfer-encoding', 'chunked']])
      while (sent < size && (await (framing === 'length' ? wire.write(piece) : wire.chunk(piece)))) sent += piece.length
      if (framing === 'chunked') await wire.endChunks()
    })
    onTestFinished(() => upstream.close())
    const gateway = await serve(port => ({
      'config.json': JSON.stringify({ port, extends: [PRESET], providers: providersAt(upstream.url) }),
    }))
    onTestFinished(() => gateway.stop().then(() => {}))
    const request = sampleRequest(dialect('openai-chat'), framing === 'chunked')
    await send(gateway.port, request)
    const warm = await gateway.vitals('collect')
    sent = 0
    size = SIZE
    const before = await gateway.rss()
    const connection = await RawConnection.open(gateway.port)
    const pending = connection.begin(request)
    const started = performance.now()
    let read = 0
    pending.onBody = bytes => {
      read += bytes.length
    }
    connection.socket.on('data', () => {
      const ahead = (read / RATE) * 1000 - (performance.now() - started)
      if (ahead <= 0) return
      connection.socket.pause()
      setTimeout(() => connection.socket.resume(), ahead)
    })
    let highest = before
    while (performance.now() - started < SECONDS * 1000) {
      await pause(50)
      highest = Math.max(highest, await gateway.rss())
    }
    const during = await gateway.vitals('collect')
    const held = during.heapUsed + during.external - warm.heapUsed - warm.external
    connection.abort('close')
    console.log(
      `${framing}: read ${(read / MB).toFixed(1)} MB, taken from the provider ${(sent / MB).toFixed(1)} MB, ` +
        `RSS ${(before / MB).toFixed(0)} MB before, at most ${(highest / MB).toFixed(0)} MB; ` +
        `held ${(held / MB).toFixed(1)} MB`,
    )
    expect(read).toBeGreaterThan(0.8 * SECONDS * RATE)
    expect(highest - before).toBeLessThan(GROWTH)
    expect(held).toBeLessThan(HELD)
    // What is under way is in the buffers of four sockets.
    expect(sent - read).toBeLessThan(32 * MB)
  })
}
