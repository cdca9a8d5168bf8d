import fc from 'fast-check'
import { isObject } from 'lunaroute/neutral'

/** What an answer means, whichever way it is streamed. */
export interface Meaning {
  readonly thinking: string
  readonly text: string
  readonly calls: readonly { readonly name: string; readonly input: object }[]
  readonly isLong: boolean
  readonly usage: { readonly input: number; readonly output: number } | undefined
}

/** A stream of one dialect: its events in order and the place of the first that makes it complete. */
export interface Streamed {
  readonly meaning: Meaning
  readonly events: readonly (object | string)[]
  readonly completeFrom: number
}

/** Small choices of a generator, as many as it asks for. */
export type Choose = (below: number) => number

export const meanings: fc.Arbitrary<Meaning> = fc
  .record({
    thinking: fc.string({ unit: 'binary', maxLength: 20 }),
    text: fc.string({ unit: 'binary', maxLength: 40 }),
    calls: fc.array(
      fc.record({
        name: fc.constantFrom('look', 'search', 'run'),
        input: fc.oneof(
          fc.constant({}),
          fc.dictionary(
            fc.string({ maxLength: 5 }).filter(key => key !== '__proto__'),
            fc.jsonValue({ maxDepth: 2 }),
            { maxKeys: 3 },
          ),
        ),
      }),
      { maxLength: 4 },
    ),
    isLong: fc.boolean(),
    usage: fc.option(fc.record({ input: fc.nat(9999), output: fc.nat(9999) }), { nil: undefined }),
  })
  .map(meaning => JSON.parse(JSON.stringify(meaning)) as Meaning)

export const choices = fc
  .infiniteStream(fc.nat(1_000_000))
  .map(stream => (below: number) => Number(stream.next().value) % below)

/** Legal streams of Chat chunks, in every shape that servers send. */
export const chatStreams: fc.Arbitrary<Streamed> = fc
  .tuple(meanings, choices)
  .map(([meaning, choose]) => chatStream(meaning, choose))

/** Legal streams of Messages events. */
export const messagesStreams: fc.Arbitrary<Streamed> = fc
  .tuple(meanings, choices)
  .map(([meaning, choose]) => messagesStream(meaning, choose))

function chatStream(meaning: Meaning, choose: Choose): Streamed {
  const { thinking, text, calls, isLong, usage } = meaning
  const usagePlace = choose(3)
  const isUsageAlways = usagePlace === 1
  const saysRoleAlways = choose(2) === 1
  const used = usage && {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
  }
  const field = ['reasoning_content', 'reasoning', 'reasoning_details'][choose(3)]!
  const deltas: object[] = [
    ...pieces(thinking, choose).map(piece => ({ [field]: field === 'reasoning_details' ? detail(piece) : piece })),
    ...pieces(text, choose).map(content => ({ content })),
    ...callDeltas(meaning, choose),
  ]
  const finish = isLong ? 'length' : calls.length > 0 ? ['tool_calls', 'stop'][choose(2)]! : 'stop'
  const isJoined = deltas.length > 0 && choose(3) === 0
  const chunk = (delta: object, i: number, isLast = false) => ({
    ...HEAD,
    choices: [
      {
        index: 0,
        delta: i === 0 || saysRoleAlways ? { role: 'assistant', ...delta } : delta,
        ...(choose(2) === 0 || isLast ? { finish_reason: isLast ? finish : null } : {}),
      },
    ],
    ...(used && (isUsageAlways || (isLast && usagePlace === 2))
      ? { usage: used }
      : choose(2) === 0
        ? { usage: null }
        : {}),
  })
  const said = deltas.map((delta, i) => chunk(delta, i, isJoined && i === deltas.length - 1))
  const chunks = isJoined ? said : [...said, chunk({}, said.length, true)]
  const before =
    choose(4) === 0 ? [{ ...HEAD, id: '', model: '', created: 0, choices: [], prompt_filter_results: [] }] : []
  const after = used && usagePlace === 0 ? [{ ...HEAD, choices: [], usage: used }] : []
  const done = choose(5) === 0 ? [] : ['[DONE]']
  const events = withNoise([...before, ...chunks, ...after, ...done], choose, [
    '',
    { object: 'keepalive' },
    { ...HEAD, choices: [] },
  ])
  const last = events.findIndex(event => JSON.stringify(event).includes(`"finish_reason":"${finish}"`))
  return {
    meaning,
    events: events.map(event => shuffled(event, choose)) as (object | string)[],
    completeFrom: last + 1,
  }
}

/** Tool calls: interleaved or not; ids late or repeated, names repeated, arguments early, whole or none, no index. */
function callDeltas({ calls }: Meaning, choose: Choose): object[] {
  const hasIndex = choose(4) > 0
  const isInterleaved = hasIndex && choose(2) === 0
  const queues = calls.map(({ name, input }, index) => {
    const json = JSON.stringify(input)
    const style = choose(hasIndex ? 5 : 2)
    const id = `call_${index}`
    const at = hasIndex ? { index } : {}
    const isEmpty = json === '{}' && choose(2) === 0
    const rest = isEmpty ? [] : pieces(json, choose)
    const part = (more: object, args: string | undefined, named = false) => ({
      tool_calls: [
        {
          ...at,
          ...more,
          function: { ...(named ? { name } : {}), ...(args === undefined ? {} : { arguments: args }) },
        },
      ],
    })
    const args = (list: readonly string[], more: object, named = false) => list.map(text => part(more, text, named))
    switch (style) {
      case 0:
        return [part({ id, type: 'function' }, '', true), ...args(rest, {})]
      case 1:
        return [part({ id, type: 'function' }, isEmpty ? '' : json, true)]
      case 2: // The id comes late.
        return [
          part({ type: 'function' }, rest[0] ?? '', true),
          part({ id }, rest[1] ?? ''),
          ...args(rest.slice(2), {}),
        ]
      case 3: // Id and name on every delta.
        return [part({ id, type: 'function' }, rest[0], true), ...args(rest.slice(1), { id }, true)]
      default: // No id at all.
        return [part({}, undefined, true), ...args(rest, {})]
    }
  })
  if (!isInterleaved) return queues.flat()
  // Calls begin in order; their arguments come in any.
  const deltas: object[] = queues.map(queue => queue.shift()!)
  while (queues.some(queue => queue.length > 0)) {
    const waiting = queues.filter(queue => queue.length > 0)
    deltas.push(waiting[choose(waiting.length)]!.shift()!)
  }
  return deltas
}

function messagesStream(meaning: Meaning, choose: Choose): Streamed {
  const { thinking, text, calls, isLong, usage } = meaning
  const blocks: [head: object, deltas: object[]][] = []
  if (thinking !== '' || choose(4) === 0) {
    const deltas = pieces(thinking, choose).map(piece => ({ type: 'thinking_delta', thinking: piece }))
    blocks.push([
      { type: 'thinking', thinking: '', signature: '' },
      [...deltas, { type: 'signature_delta', signature: 'c2ln' }],
    ])
  }
  if (choose(4) === 0) blocks.push([{ type: 'redacted_thinking', data: 'b3BhcXVl' }, []])
  if (text !== '') {
    blocks.push([{ type: 'text', text: '' }, pieces(text, choose).map(piece => ({ type: 'text_delta', text: piece }))])
  }
  for (const [i, { name, input }] of calls.entries()) {
    const json = JSON.stringify(input)
    const isWhole = choose(4) === 0
    const isEmpty = json === '{}' && choose(2) === 0
    const parts = isEmpty || isWhole ? [''] : ['', ...pieces(json, choose)]
    const head = { type: 'tool_use', id: `toolu_${i}`, name, input: isWhole ? input : {} }
    blocks.push([head, parts.map(text => ({ type: 'input_json_delta', partial_json: text }))])
  }
  const used = usage ?? { input: 1, output: 1 }
  const cached = choose(used.input + 1)
  const base = { input_tokens: used.input - cached, cache_read_input_tokens: cached }
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', content: [], stop_reason: null }
  const restated = [base, { input_tokens: base.input_tokens }, {}][choose(3)]
  const start = {
    type: 'message_start',
    message: { ...message, stop_sequence: null, usage: { ...base, output_tokens: 1 } },
  }
  const stop = isLong ? 'max_tokens' : calls.length > 0 ? 'tool_use' : 'end_turn'
  const body = blocks.flatMap(([content_block, deltas], index) => [
    { type: 'content_block_start', index, content_block },
    ...deltas.map(delta => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ])
  const end = {
    type: 'message_delta',
    delta: { stop_reason: stop, stop_sequence: null },
    usage: { ...restated, output_tokens: used.output },
  }
  const all = [start, ...body, end, { type: 'message_stop' }]
  const noise = [{ type: 'ping' }, { type: 'surprise', index: 0 }]
  const events = [start, ...withNoise(all.slice(1, -1), choose, noise), { type: 'message_stop' }]
  return {
    meaning: { ...meaning, usage: used },
    events: events.map(event => shuffled(event, choose)) as object[],
    completeFrom: events.length,
  }
}

const HEAD = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt' }

function detail(text: string): readonly object[] {
  return [{ type: 'reasoning.text', text, format: 'unknown', index: 0 }]
}

/** A text cut anywhere, also within a character. */
export function pieces(text: string, choose: Choose): string[] {
  const cut: string[] = []
  let at = 0
  while (at < text.length) {
    const end = at + 1 + choose(8)
    cut.push(text.slice(at, end))
    at = end
  }
  return cut
}

/** Things that mean nothing, in between. */
export function withNoise(
  events: readonly (object | string)[],
  choose: Choose,
  noise: readonly (object | string)[],
): (object | string)[] {
  return events.flatMap(event =>
    choose(6) === 0 && event !== '[DONE]' ? [noise[choose(noise.length)]!, event] : [event],
  )
}

/** The same JSON with the keys of every object in some other order. */
export function shuffled(value: unknown, choose: Choose): unknown {
  if (Array.isArray(value)) return value.map((inner: unknown) => shuffled(inner, choose))
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([key, inner]) => [choose(1000), key, shuffled(inner, choose)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => a - b).map(([, key, inner]) => [key, inner]))
}
