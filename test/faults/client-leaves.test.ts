import { afterAll, beforeAll, expect, test } from 'vitest'
import { DIALECTS, type DialectSample, dialect, sampleRequest } from '../support/dialects.ts'
import { formatHead, type HeaderLine, headerOf } from '../support/http-message.ts'
import { RawConnection, send } from '../support/raw-client.ts'
import { type Rig, startRig } from '../support/roundtrip.ts'
import { limitAttempts } from '../support/timeouts.ts'
import { pause, until } from '../support/until.ts'
import type { ReceivedRequest } from '../support/upstream.ts'
import type { Wire } from '../support/wire.ts'

const LIMIT = 100
const HOW = ['close', 'reset'] as const
const delays: number[] = []

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(async () => {
  const sorted = delays.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.ceil(share * sorted.length) - 1] ?? 0).toFixed(1)
  console.log(`the provider saw ${delays.length} aborts after p50 ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)} ms`)
  await rig?.close()
})

interface Stage {
  readonly isStream: boolean
  /** Plays the provider up to the point where the client leaves. */
  readonly play: (request: ReceivedRequest, wire: Wire, sample: DialectSample) => Promise<void>
  /** How much of the body the client waits for. */
  readonly bodyBytes: number
}

const chunkedHead: readonly HeaderLine[] = [
  ['content-type', 'text/event-stream'],
  ['transfer-encoding', 'chunked'],
]

const stages: Readonly<Record<string, Stage>> = {
  'while it waits for a stream': { isStream: true, bodyBytes: 0, play: () => Promise.resolve() },
  'while it waits for a whole answer': { isStream: false, bodyBytes: 0, play: () => Promise.resolve() },
  'between the head and the first event': {
    isStream: true,
    bodyBytes: 0,
    play: async (_, wire) => {
      await wire.head(200, chunkedHead)
    },
  },
  'in the middle of a stream': {
    isStream: true,
    bodyBytes: 10,
    play: async (_, wire, sample) => {
      await wire.head(200, chunkedHead)
      await wire.chunk(sample.events[0]!)
    },
  },
  'in the middle of a whole answer': {
    isStream: false,
    bodyBytes: 5,
    play: async (_, wire, sample) => {
      await wire.head(200, [['content-length', '100000']])
      await wire.write(sample.json)
    },
  },
}

for (const [when, stage] of Object.entries(stages)) {
  test(`the provider sees within ${LIMIT} ms that the client left ${when}`, async () => {
    for (const sample of DIALECTS) {
      for (const how of HOW) {
        const delay = await leave(sample, stage, how)
        delays.push(delay)
        expect(delay, `${sample.name}, ${how}`).toBeLessThan(LIMIT)
      }
    }
  })
}

test(`the provider sees within ${LIMIT} ms that a client left which had stopped reading`, async () => {
  let sent = 0
  rig.upstream.script = async (request, wire) => {
    await request.complete
    await wire.head(200, chunkedHead)
    while (await wire.chunk('x'.repeat(65_536))) sent++
  }
  const connection = await RawConnection.open(rig.gateway.port)
  const arrived = rig.upstream.nextRequest()
  connection.begin(sampleRequest(dialect('openai-chat'), true))
  connection.socket.pause()
  const request = await arrived
  let seen = -1
  await until(async () => {
    seen = sent
    await pause(50)
    return sent > 0 && seen === sent
  }, 'the provider is held up by a client that does not read')
  const left = connection.abort('close')
  const delay = (await request.aborted) - left
  delays.push(delay)
  expect(delay).toBeLessThan(LIMIT)
})

for (const how of HOW) {
  test(`a client that leaves (${how}) before its request is complete costs the provider nothing`, async () => {
    const before = rig.upstream.requests.length
    for (const sample of DIALECTS) {
      for (const bytes of [0, 20]) {
        const connection = await RawConnection.open(rig.gateway.port)
        const { method, target, headers, body } = sampleRequest(sample, true)
        const all: HeaderLine[] = [
          ['Host', `127.0.0.1:${rig.gateway.port}`],
          ...headers,
          ['Content-Length', String(body.length)],
        ]
        connection.send(
          Buffer.concat([formatHead(`${method} ${target} HTTP/1.1`, all), Buffer.from(body.slice(0, bytes))]),
        )
        await pause(5)
        connection.abort(how)
      }
    }
    rig.upstream.script = async (request, wire) => {
      await request.complete
      await wire.answer({ body: '{}' })
    }
    await send(rig.gateway.port, sampleRequest(dialect('gemini'), false))
    expect(rig.upstream.requests.length - before).toBe(1)
  })
}

test(`the provider sees within ${LIMIT} ms that a client left in the middle of an upload that is passed on as it comes`, async () => {
  const connection = await RawConnection.open(rig.gateway.port)
  const arrived = rig.upstream.nextRequest()
  rig.upstream.script = request => request.aborted.then(() => {})
  const head = formatHead('POST /v1/files HTTP/1.1', [
    ['Host', `127.0.0.1:${rig.gateway.port}`],
    ['Authorization', 'Bearer k'],
    ['Content-Type', 'application/octet-stream'],
    ['Content-Length', '1000000'],
  ])
  connection.send(Buffer.concat([head, Buffer.alloc(200_000)]))
  const request = await arrived
  const left = connection.abort('close')
  expect((await request.aborted) - left).toBeLessThan(LIMIT)
})

test('a client that leaves during the pause before a retry causes no further attempt', async () => {
  const pausing = await startRig({ plugins: [limitAttempts({ retries: 3, delay: 150 })] })
  pausing.upstream.script = async (request, wire) => {
    await request.complete
    await wire.answer({ status: 503, body: 'busy' })
  }
  const connection = await RawConnection.open(pausing.gateway.port)
  const arrived = pausing.upstream.nextRequest()
  connection.begin(sampleRequest(dialect('openai-chat'), true))
  await arrived
  await pause(30)
  connection.abort('close')
  // Time itself is under test: the pause has to pass.
  await pause(300)
  expect(pausing.upstream.requests.length).toBe(1)
  await pausing.close()
})

test('a thousand clients that leave anywhere see nothing of each other and leave nothing behind', async () => {
  rig.upstream.script = async (request, wire) => {
    await request.complete
    await wire.head(200, chunkedHead)
    for (let n = 0; n < 20 && (await wire.chunk(`data: ${headerOf(request.headers, 'x-nonce')}\n\n`)); n++)
      await pause(2)
    await wire.endChunks()
  }
  const sample = sampleRequest(dialect('openai-chat'), true)
  const wrong: string[] = []
  const visit = async (n: number): Promise<void> => {
    const connection = await RawConnection.open(rig.gateway.port)
    const pending = connection.begin({ ...sample, headers: [...sample.headers, ['x-nonce', `nonce-${n}`]] })
    setTimeout(() => connection.abort(n % 2 ? 'close' : 'reset'), (n * 7) % 40)
    const { status, body } = await pending.done
    const events = body.toString().split('\n\n').slice(0, -1)
    if (status !== 200 && status !== 0) wrong.push(`${n}: status ${status}`)
    if (events.some(event => event !== `data: nonce-${n}`)) wrong.push(`${n}: ${events}`)
  }
  for (let batch = 0; batch < 10; batch++)
    await Promise.all(Array.from({ length: 100 }, (_, n) => visit(batch * 100 + n)))
  expect(wrong).toEqual([])
  await until(() => rig.upstream.connections().busy === 0, 'no answer goes on without a client')
  const response = await send(rig.gateway.port, sample)
  expect([response.status, response.ending]).toEqual([200, 'chunked'])
})

async function leave(sample: DialectSample, stage: Stage, how: 'close' | 'reset'): Promise<number> {
  rig.upstream.script = async (request, wire) => {
    await request.complete
    await stage.play(request, wire, sample)
    await request.aborted
  }
  const connection = await RawConnection.open(rig.gateway.port)
  const arrived = rig.upstream.nextRequest()
  const pending = connection.begin(sampleRequest(sample, stage.isStream))
  let seen = 0
  const enough = new Promise<void>(resolve => {
    pending.onBody = bytes => {
      seen += bytes.length
      if (seen >= stage.bodyBytes) resolve()
    }
  })
  const request = await arrived
  await request.complete
  if (stage.bodyBytes > 0) await enough
  const left = connection.abort(how)
  return (await request.aborted) - left
}
