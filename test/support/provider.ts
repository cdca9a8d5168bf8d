import type { HeaderLine } from './http-message.ts'
import { randomPieces, seeded } from './random.ts'
import type { Script } from './upstream.ts'

/** A provider that answers with JSON. */
export function json(body: object, status = 200, headers: readonly HeaderLine[] = []): Script {
  return async (request, wire) => {
    await request.complete
    await wire.answer({
      status,
      headers: [['Content-Type', 'application/json'], ...headers],
      body: JSON.stringify(body),
    })
  }
}

/** A provider that streams events, cut anywhere. */
export function stream(events: readonly string[]): Script {
  return async (request, wire) => {
    await request.complete
    await wire.answer({
      headers: [['Content-Type', 'text/event-stream; charset=utf-8']],
      framing: 'chunked',
      pieces: randomPieces(Buffer.from(events.join('')), seeded(events.length), 60),
    })
  }
}

/** A provider that sends these events and then nothing, until the peer leaves. */
export function endless(events: readonly string[]): Script {
  return async (request, wire) => {
    await request.complete
    await wire.head(200, [
      ['Content-Type', 'text/event-stream'],
      ['Transfer-Encoding', 'chunked'],
    ])
    for (const event of events) await wire.chunk(event)
    await request.aborted
  }
}

/** An event without a name, as Chat Completions and Gemini send them. */
export function data(payload: object | string): string {
  return `data: ${typeof payload === 'string' ? payload : JSON.stringify(payload)}\n\n`
}

/** An event named after its payload's type, as Responses and Messages send them. */
export function typed(payload: { readonly type: string }): string {
  return `event: ${payload.type}\n${data(payload)}`
}
