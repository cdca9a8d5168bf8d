import type fcType from 'fast-check'
import fc from 'fast-check'
import {
  type Choose,
  choices,
  type Meaning,
  meanings,
  pieces,
  type Streamed,
  shuffled,
  withNoise,
} from '../arbitrary-streams.ts'

/** Legal streams of Responses events: items that overlap, deltas or whole texts, numbers or none, unknown events. */
export const responsesStreams: fcType.Arbitrary<Streamed> = fc
  .tuple(meanings, choices)
  .map(([meaning, choose]) => responsesStream(meaning, choose))

/** Legal streams of Gemini chunks: parts alone or together, usage on any chunk, the reason with the last part or after. */
export const geminiStreams: fcType.Arbitrary<Streamed> = fc
  .tuple(meanings, choices)
  .map(([meaning, choose]) => geminiStream(meaning, choose))

function responsesStream(meaning: Meaning, choose: Choose): Streamed {
  const { thinking, text, calls, isLong, usage } = meaning
  const items: { readonly done: object; readonly events: object[] }[] = []
  const add = (head: object, done: object, deltas: (at: object) => readonly object[]) => {
    const output_index = items.length
    const item_id = `item_${output_index}`
    const at = { item_id, output_index }
    const whole = { id: item_id, ...done }
    const added = { type: 'response.output_item.added', output_index, item: { id: item_id, ...head } }
    const over = { type: 'response.output_item.done', output_index, item: whole }
    items.push({ done: whole, events: [added, ...deltas(at), over] })
  }
  const spoken = (type: string, at: object, said: string) =>
    (choose(5) === 0 ? [] : pieces(said, choose)).map(delta => ({ type: `${type}.delta`, ...at, delta }))
  if (thinking !== '') {
    const summary = [{ type: 'summary_text', text: thinking }]
    add({ type: 'reasoning', summary: [] }, { type: 'reasoning', summary }, at => {
      const place = { ...at, summary_index: 0 }
      return spoken('response.reasoning_summary_text', place, thinking)
    })
  }
  if (text !== '') {
    const message = { type: 'message', role: 'assistant' }
    const part = { type: 'output_text', annotations: [] }
    const whole = { ...message, status: 'completed', content: [{ ...part, text }] }
    add({ ...message, status: 'in_progress', content: [] }, whole, at => {
      const place = { ...at, content_index: 0 }
      return [
        { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
        ...spoken('response.output_text', place, text),
        { type: 'response.output_text.done', ...place, text },
        { type: 'response.content_part.done', ...place, part: { ...part, text } },
      ]
    })
  }
  for (const [i, { name, input }] of calls.entries()) {
    const json = JSON.stringify(input)
    const call = { type: 'function_call', call_id: `call_${i}`, name }
    add({ ...call, arguments: '' }, { ...call, arguments: json, status: 'completed' }, at => [
      ...spoken('response.function_call_arguments', at, json),
      ...(choose(3) === 0 ? [] : [{ type: 'response.function_call_arguments.done', ...at, arguments: json }]),
    ])
  }
  const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'gpt', output: [] }
  const tokens = usage && {
    input_tokens: usage.input,
    output_tokens: usage.output,
    total_tokens: usage.input + usage.output,
  }
  const status = isLong ? 'incomplete' : 'completed'
  const end = {
    ...response,
    status,
    incomplete_details: isLong ? { reason: 'max_output_tokens' } : null,
    output: items.map(({ done }) => done),
    usage: tokens ?? null,
  }
  const queues = items.map(({ events }) => events)
  const body = choose(2) === 0 ? queues.flat() : woven(queues, choose)
  const noise = [{ type: 'keepalive' }, { type: 'response.surprise', output_index: 99 }]
  const begun = { type: 'response.created', response: { ...response, status: 'in_progress' } }
  const all = [begun, ...withNoise(body, choose, noise), { type: `response.${status}`, response: end }]
  const isNumbered = choose(4) > 0
  const events = all.map((event, i) => (isNumbered ? { ...(event as object), sequence_number: i } : event))
  return { meaning, events: events.map(event => shuffled(event, choose)) as object[], completeFrom: events.length }
}

/** Items begin in order; what follows comes in any. */
function woven(queues: readonly object[][], choose: Choose): object[] {
  const events: object[] = []
  let begun = 0
  while (queues.some(queue => queue.length > 0)) {
    const open = queues.slice(0, begun).filter(queue => queue.length > 0)
    if (begun < queues.length && (open.length === 0 || choose(3) === 0)) events.push(queues[begun++]!.shift()!)
    else events.push(open[choose(open.length)]!.shift()!)
  }
  return events
}

function geminiStream(meaning: Meaning, choose: Choose): Streamed {
  const { thinking, text, calls, isLong, usage } = meaning
  const parts: object[] = [
    ...pieces(thinking, choose).map(piece => ({ text: piece, thought: true })),
    ...pieces(text, choose).map(piece => ({ text: piece })),
    ...calls.map(({ name, input }, i) => ({
      functionCall: {
        name,
        ...(Object.keys(input).length > 0 || choose(2) === 0 ? { args: input } : {}),
        ...(choose(2) === 0 ? { id: `call_${i}` } : {}),
      },
    })),
  ]
  const chunks: object[][] = []
  for (const part of parts) {
    if (chunks.length > 0 && choose(3) === 0) chunks.at(-1)!.push(part)
    else chunks.push([part])
  }
  const isJoined = chunks.length > 0 && choose(2) === 0
  if (!isJoined) chunks.push(choose(2) === 0 ? [{ text: '' }] : [])
  const counted = usage && {
    usageMetadata: {
      promptTokenCount: usage.input,
      candidatesTokenCount: usage.output,
      totalTokenCount: usage.input + usage.output,
    },
  }
  const finishReason = isLong ? 'MAX_TOKENS' : 'STOP'
  const isUsageAlways = choose(2) === 0
  const head = choose(3) > 0 ? { responseId: 'r1', modelVersion: 'gemini' } : {}
  const events: (object | string)[] = chunks.map((list, i) => {
    const isLast = i === chunks.length - 1
    const content = list.length > 0 || choose(2) === 0 ? { content: { role: 'model', parts: list } } : {}
    const candidate = { ...content, ...(isLast ? { finishReason } : {}), ...(choose(2) === 0 ? { index: 0 } : {}) }
    return { ...head, candidates: [candidate], ...(isLast || isUsageAlways ? counted : {}) }
  })
  const noisy = withNoise(events, choose, [
    { ...head, surprise: 1 },
    { ...head, candidates: [] },
  ])
  const last = noisy.findIndex(event => JSON.stringify(event).includes('"finishReason"'))
  return { meaning, events: noisy.map(event => shuffled(event, choose)) as object[], completeFrom: last + 1 }
}
