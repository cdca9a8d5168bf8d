import fc from 'fast-check'
import type { Block, NeutralEvent, Stop, Usage } from 'lunaroute/neutral'

const words = fc.string({ unit: 'grapheme', maxLength: 12 })
const signature = fc.base64String({ minLength: 4, maxLength: 16 })

interface Piece {
  readonly head: Block
  readonly deltas: readonly Delta[]
}

type Delta =
  | { readonly type: 'textDelta'; readonly text: string }
  | { readonly type: 'reasoningDelta'; readonly part: number; readonly kind: 'text' | 'summary'; readonly text: string }
  | { readonly type: 'inputDelta'; readonly text: string }
  | { readonly type: 'state'; readonly state: { kind: 'signature'; data: string; issuer: string } }

const state = fc
  .option(signature, { nil: undefined })
  .map((data): readonly Delta[] =>
    data === undefined ? [] : [{ type: 'state', state: { kind: 'signature', data, issuer: 'anthropic-messages' } }],
  )

const text: fc.Arbitrary<Piece> = fc.tuple(fc.array(words, { maxLength: 4 }), state).map(([texts, state]) => ({
  head: { type: 'text', text: '' },
  deltas: [...texts.map((text): Delta => ({ type: 'textDelta', text })), ...state],
}))

const refusal: fc.Arbitrary<Piece> = fc.array(words, { maxLength: 2 }).map(texts => ({
  head: { type: 'refusal', text: '' },
  deltas: texts.map((text): Delta => ({ type: 'textDelta', text })),
}))

const reasoning: fc.Arbitrary<Piece> = fc
  .tuple(fc.array(fc.tuple(words, fc.boolean()), { maxLength: 4 }), state)
  .map(([texts, state]) => {
    let part = 0
    const deltas = texts.map(([text, isNext], i): Delta => {
      if (isNext && i > 0) part++
      return { type: 'reasoningDelta', part, kind: 'summary', text }
    })
    return { head: { type: 'reasoning', parts: [] }, deltas: [...deltas, ...state] }
  })

/** Arguments as a model writes them: whole, empty, cut anywhere. */
const call: fc.Arbitrary<Piece> = fc
  .tuple(
    fc.stringMatching(/^[a-z_]{1,12}$/),
    fc.uuid(),
    fc.option(fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }), {
      nil: undefined,
    }),
    fc.array(fc.nat(200), { maxLength: 3 }),
    state,
  )
  .map(([name, callId, args, cuts, state]) => {
    const json = args === undefined ? '' : JSON.stringify(args)
    const at = [...new Set([0, ...cuts.map(cut => cut % (json.length + 1)), json.length])].sort((a, b) => a - b)
    const pieces = at.slice(1).map((end, i) => json.slice(at[i], end))
    const inputs = [...pieces, ''].map((text): Delta => ({ type: 'inputDelta', text }))
    return { head: { type: 'toolCall', callId, name, inputType: 'json', input: '' }, deltas: [...inputs, ...state] }
  })

const image: fc.Arbitrary<Piece> = fc.base64String({ minLength: 4, maxLength: 12 }).map(data => ({
  head: { type: 'image', source: { type: 'base64', mediaType: 'image/png', data } },
  deltas: [],
}))

const usage: fc.Arbitrary<Usage> = fc.record(
  { inputTokens: fc.nat(999), outputTokens: fc.integer({ min: 500, max: 999 }), reasoningTokens: fc.nat(499) },
  { requiredKeys: [] },
)

const stop: fc.Arbitrary<Stop> = fc
  .constantFrom('stop', 'stopSequence', 'length', 'contextFull', 'filter', 'refusal', 'error', 'other' as const)
  .map(reason => ({ reason }) as Stop)

/** A legal sequence of events: blocks of several choices overlap, usage and pings come anywhere, the end is an end or an error. */
export const legalEvents: fc.Arbitrary<readonly NeutralEvent[]> = fc
  .record({
    choices: fc.array(
      fc.tuple(fc.array(fc.oneof(text, refusal, reasoning, call, call, image), { maxLength: 5 }), stop),
      { minLength: 1, maxLength: 2 },
    ),
    usages: fc.array(usage, { maxLength: 4 }),
    picks: fc.array(fc.nat(1000), { minLength: 60, maxLength: 60 }),
    overlap: fc.boolean(),
    fails: fc.boolean(),
  })
  .map(({ choices, usages, picks, overlap, fails }) => {
    // Each block is a lane of events in order; lanes are merged by chance, starts in the order of their numbers.
    const lanes = choices.map(([pieces]) =>
      pieces.map(({ head, deltas }, index): ((choice: number) => NeutralEvent)[] => [
        choice => ({ type: 'blockStart', choice, index, block: head }),
        ...deltas.map(
          delta =>
            (choice: number): NeutralEvent => ({ ...delta, choice, index }),
        ),
        choice => ({ type: 'blockStop', choice, index }),
      ]),
    )
    const events: NeutralEvent[] = [{ type: 'start', id: 'x', model: 'upstream' }]
    const spare = [...usages]
    const started = choices.map(() => 0)
    let n = 0
    const pick = (of: number) => picks[n++ % picks.length]! % of
    while (lanes.some(choice => choice.some(lane => lane.length > 0))) {
      if (spare.length > 0 && pick(4) === 0) events.push({ type: 'usage', usage: spare.shift()! })
      if (pick(9) === 0) events.push({ type: 'ping' })
      const able = lanes.flatMap((choice, c) => {
        const open = choice
          .map((lane, i) => ({ c, i, lane }))
          .filter(({ lane, i }) => lane.length > 0 && i <= started[c]!)
        return overlap ? open : open.slice(0, 1)
      })
      const { c, i, lane } = able[pick(able.length)]!
      const event = lane.shift()!(c)
      if (event.type === 'blockStart') started[c] = i + 1
      events.push(event)
    }
    for (const [choice, [, stop]] of choices.entries()) events.push({ type: 'finish', choice, stop })
    for (const usage of spare) events.push({ type: 'usage', usage })
    events.push(fails ? { type: 'error', error: { kind: 'overloaded', message: 'busy' } } : { type: 'end' })
    return events
  })

/** What a stream says: texts and thoughts joined where they follow each other, calls with their arguments, usage, stops. */
export function meaning(events: readonly NeutralEvent[]) {
  const blocks = new Map<string, string[]>()
  const usage: Record<string, unknown> = {}
  const stops: Record<number, string> = {}
  for (const event of events) {
    if (event.type === 'usage') Object.assign(usage, defined(event.usage))
    if (event.type === 'finish') stops[event.choice] = event.stop.reason
    if (!('index' in event)) continue
    const key = `${event.choice}.${String(event.index).padStart(3, '0')}`
    const said = blocks.get(key) ?? []
    blocks.set(key, said)
    if (event.type === 'blockStart') said.push(...headOf(event.block))
    else if (event.type === 'state') said[2] = event.state.data
    else if (event.type === 'reasoningDelta') {
      const last = parts.get(said)
      said[1] += last !== undefined && last !== event.part && said[1] !== '' ? `\n\n${event.text}` : event.text
      parts.set(said, event.part)
    } else if ('text' in event) said[1] += event.text
  }
  return { choices: joined(blocks), usage, stops, ends: events.at(-1)?.type }
}

const parts = new WeakMap<string[], number>()

function headOf(block: Block): [kind: string, content: string, state: string] {
  const state = block.state?.data ?? ''
  if (block.type === 'toolCall') return [`call ${block.name} ${block.callId}`, block.input, state]
  if (block.type === 'image' && block.source.type === 'base64') return ['image', block.source.data, state]
  if (block.type === 'text' || block.type === 'refusal') return ['text', block.text, state]
  return [block.type, block.type === 'reasoning' ? block.parts.map(part => part.text).join('\n\n') : '', state]
}

/** Words without a signature go on in the next block of their kind, and empty ones say nothing. */
function joined(blocks: ReadonlyMap<string, readonly string[]>): Record<string, string[][]> {
  const choices: Record<string, string[][]> = {}
  for (const [key, [kind = '', content = '', state = '']] of [...blocks].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const isWords = kind === 'text' || kind === 'reasoning'
    if (isWords && content === '' && state === '') continue
    choices[key[0]!] ??= []
    const list = choices[key[0]!]!
    const last = list.at(-1)
    if (isWords && last?.[0] === kind && last[2] === '') {
      last[1] += content
      last[2] = state
    } else list.push([kind, kind.startsWith('call') ? JSON.stringify(JSON.parse(content || '{}')) : content, state])
  }
  return choices
}

function defined(usage: Usage): Record<string, unknown> {
  const { inputTokens, outputTokens, reasoningTokens } = usage
  const counts = { inputTokens, outputTokens, reasoningTokens }
  return Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== undefined))
}
