import { type Chunk, usageSlot } from 'lunaroute'
import type { Diagnostic, IncomingFrame, JsonObject } from 'lunaroute/neutral'
import { Memory } from '../../../plugins/translate/memory.ts'
import { Reversal } from '../../../plugins/translate/reversal.ts'
import { Translation } from '../../../plugins/translate/translation.ts'
import { lenientContext, type PlainFrame, plain } from '../stream-corpus.ts'
import type { Side } from './dialects.ts'

/** What a client is told to have sent where the provider does not say. */
export const ESTIMATE = 77

/** What a client gets of a provider's answer, the way `translate` makes it. */
export interface Received {
  readonly frames: readonly PlainFrame[]
  readonly status: number
  /** What was told of as left out or said otherwise. */
  readonly diagnostics: readonly Diagnostic[]
}

/** A stream as the client of another dialect gets it. */
export function streamed(provider: Side, client: Side, frames: readonly IncomingFrame[]): Received {
  return received(provider, client, 'text/event-stream', 'sse', 'sse', frames)
}

/** A whole answer as the client of another dialect gets it. */
export function whole(provider: Side, client: Side, body: JsonObject, status = 200): Received {
  const frame: IncomingFrame = { event: undefined, data: JSON.stringify(body), json: () => body }
  return received(provider, client, 'application/json', 'body', 'body', [frame], status)
}

function received(
  provider: Side,
  client: Side,
  type: string,
  kind: 'sse' | 'body',
  to: 'sse' | 'body',
  frames: readonly IncomingFrame[],
  status = 200,
): Received {
  const told = new Map<string, Diagnostic>()
  const note =
    (action: Diagnostic['action']) =>
    (path: string, reason: string): void =>
      void told.set(`${action} ${path}`, { action, path, reason })
  const context = lenientContext(ESTIMATE)
  const diagnostics = { ...context.diagnostics, dropped: note('dropped'), changed: note('changed') }
  const translation = new Translation({
    client: client.codec,
    provider: provider.codec,
    providerName: 'p',
    context: { ...context, diagnostics },
    reversal: new Reversal(),
    memory: new Memory(),
    to,
    streamForm: 'body',
    usage: usageSlot.init(),
    keepAliveAfter: 0,
    headers: () => ({}),
  })
  const get = (name: string) => (name === 'content-type' ? type : undefined)
  const head = translation.start({ status, get, names: () => [] })
  const written = frames.flatMap(frame =>
    translation.chunk({ kind, event: frame.event, data: frame.data, json: () => frame.json() } as Chunk),
  )
  return { frames: plain([...written, ...translation.end()]), status: head.status, diagnostics: [...told.values()] }
}
