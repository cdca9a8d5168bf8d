import fc from 'fast-check'
import type { Block, NeutralEvent, ReasoningPart, StopReason } from 'lunaroute/neutral'

/** A block of an answer as its events, without their index. */
type Script = readonly ((index: number) => NeutralEvent)[]

const choice = 0
const text = () => fc.string({ maxLength: 8, unit: 'binary' })
const pieces = () => fc.array(text(), { maxLength: 4 })

/** Any legal sequence of neutral events: blocks that overlap, usage and signs of life anywhere, a proper end or an error. */
export function neutralStreams(): fc.Arbitrary<readonly NeutralEvent[]> {
  return fc
    .record({
      scripts: fc.array(script(), { maxLength: 6 }),
      order: fc.infiniteStream(fc.nat(3)),
      noise: fc.infiniteStream(fc.nat(12)),
      isUsageLate: fc.boolean(),
      reason: fc.constantFrom<StopReason>('stop', 'length', 'toolCalls', 'filter', 'refusal', 'stopSequence', 'error'),
      failsAt: fc.option(fc.nat(20), { nil: undefined }),
    })
    .map(({ scripts, order, noise, isUsageLate, reason, failsAt }) => {
      const events: NeutralEvent[] = [{ type: 'start', id: 'id', model: 'model', usage: { inputTokens: 3 } }]
      for (const event of interleaved(scripts, order)) {
        const [kind] = [noise.next().value]
        if (kind === 0) events.push({ type: 'ping' })
        if (kind === 1) events.push({ type: 'native', dialect: 'other', value: {} })
        if (kind === 2) events.push({ type: 'usage', usage: { outputTokens: events.length } })
        events.push(event)
      }
      const usage: NeutralEvent = { type: 'usage', usage: { inputTokens: 3, cachedTokens: 0, outputTokens: 9 } }
      const finish: NeutralEvent = { type: 'finish', choice, stop: { reason } }
      events.push(...(isUsageLate ? [finish, usage] : [usage, finish]), { type: 'end' })
      if (failsAt === undefined || failsAt >= events.length) return events
      return [...events.slice(0, failsAt), { type: 'error', error: { kind: 'overloaded', message: 'too much' } }]
    })
}

/** Runs up to four scripts at once, each in its own order. */
function* interleaved(scripts: readonly Script[], order: Iterator<number>): Iterable<NeutralEvent> {
  const waiting = [...scripts]
  const running: { readonly script: Script; readonly index: number; at: number }[] = []
  let index = 0
  while (waiting.length > 0 || running.length > 0) {
    const pick = order.next().value as number
    const next = running[pick]
    if (next) {
      yield next.script[next.at++]!(next.index)
      if (next.at === next.script.length) running.splice(pick, 1)
    } else if (waiting.length > 0) {
      const script = waiting.shift()!
      yield script[0]!(index)
      running.push({ script, index: index++, at: 1 })
    }
  }
}

function script(): fc.Arbitrary<Script> {
  return fc.oneof(spoken('text'), spoken('refusal'), call('json'), call('text'), reasoning(), hosted())
}

function spoken(type: 'text' | 'refusal'): fc.Arbitrary<Script> {
  return fc.tuple(pieces(), fc.boolean()).map(([texts, isCited]) => [
    start({ type, text: '' }),
    ...texts.map(
      text =>
        (index: number): NeutralEvent => ({ type: 'textDelta', choice, index, text }),
    ),
    ...(isCited && type === 'text' ? [cite] : []),
    stop,
  ])
}

function call(inputType: 'json' | 'text'): fc.Arbitrary<Script> {
  return fc.tuple(fc.uuid(), pieces()).map(([callId, texts]) => [
    start({ type: 'toolCall', callId, name: 'tool', inputType, input: '' }),
    ...texts.map(
      text =>
        (index: number): NeutralEvent => ({ type: 'inputDelta', choice, index, text }),
    ),
    stop,
  ])
}

function reasoning(): fc.Arbitrary<Script> {
  const part = fc.record({ kind: fc.constantFrom<ReasoningPart['kind']>('text', 'summary'), texts: pieces() })
  return fc.tuple(fc.array(part, { maxLength: 3 }), fc.boolean()).map(([parts, hasState]) => [
    start({ type: 'reasoning', parts: [] }),
    ...parts.flatMap(({ kind, texts }, part) =>
      texts.map(
        text =>
          (index: number): NeutralEvent => ({ type: 'reasoningDelta', choice, index, part, kind, text }),
      ),
    ),
    ...(hasState ? [sign] : []),
    stop,
  ])
}

/** A call that the provider ran, with or without its result. */
function hosted(): fc.Arbitrary<Script> {
  const kinds = fc.constantFrom('web_search', 'code_execution', 'web_fetch', 'mcp')
  return fc
    .tuple(fc.uuid(), kinds)
    .map(([callId, kind]) => [
      start({ type: 'serverToolCall', callId, kind, name: kind, server: 'server', input: '' }),
      (index: number): NeutralEvent => ({ type: 'inputDelta', choice, index, text: '{"query":"x","code":"1"}' }),
      stop,
    ])
}

function start(block: Block) {
  return (index: number): NeutralEvent => ({ type: 'blockStart', choice, index, block })
}

function stop(index: number): NeutralEvent {
  return { type: 'blockStop', choice, index }
}

function cite(index: number): NeutralEvent {
  return { type: 'citation', choice, index, citation: { type: 'url', url: 'https://example.org/' } }
}

function sign(index: number): NeutralEvent {
  return { type: 'state', choice, index, state: { kind: 'signature', data: 'abc:def', issuer: 'anthropic-messages' } }
}
