import type { Block, NeutralEvent, NeutralResponse } from 'lunaroute/neutral'

/** The events of an answer that came whole: for clients that asked for a stream. */
export function eventsOf(response: NeutralResponse): readonly NeutralEvent[] {
  const { id, model, createdAt, serviceTier, usage } = response
  const events: NeutralEvent[] = [{ type: 'start', id, model, createdAt, serviceTier, usage }]
  for (const { index: choice, content, stop } of response.choices) {
    for (const [index, block] of content.entries()) {
      events.push(...blockEvents(block, choice, index))
    }
    if (stop) events.push({ type: 'finish', choice, stop })
  }
  if (usage) events.push({ type: 'usage', usage })
  events.push(response.error ? { type: 'error', error: response.error } : { type: 'end' })
  return events
}

function blockEvents(block: Block, choice: number, index: number): readonly NeutralEvent[] {
  const place = { choice, index }
  const stop: NeutralEvent = { type: 'blockStop', ...place }
  const start = (head: Block): NeutralEvent => ({ type: 'blockStart', ...place, block: head })
  switch (block.type) {
    case 'text': {
      const { logprobs, citations = [], text, ...head } = block
      const cited = citations.map((citation): NeutralEvent => ({ type: 'citation', ...place, citation }))
      const delta: NeutralEvent = { type: 'textDelta', ...place, text, logprobs }
      return [start({ ...head, text: '' }), delta, ...cited, stop]
    }
    case 'refusal': {
      const { logprobs, text, ...head } = block
      return [start({ ...head, text: '' }), { type: 'textDelta', ...place, text, logprobs }, stop]
    }
    case 'toolCall':
    case 'serverToolCall':
      return [start({ ...block, input: '' }), { type: 'inputDelta', ...place, text: block.input }, stop]
    case 'reasoning': {
      const { state, parts, ...head } = block
      // Hidden reasoning has no delta, and comes whole.
      if (parts.length === 0) return [start(block), stop]
      const deltas = parts.map(
        ({ kind, text }, part): NeutralEvent => ({ type: 'reasoningDelta', ...place, part, kind, text }),
      )
      const sealed: readonly NeutralEvent[] = state ? [{ type: 'state', ...place, state }] : []
      return [start({ ...head, parts: [] }), ...deltas, ...sealed, stop]
    }
    default:
      return [start(block), stop]
  }
}
