import type { Block, NeutralEvent, ReasoningPart } from 'lunaroute/neutral'

/** The blocks that a stream's events make, of all choices in order of start. */
export function collectBlocks(events: readonly NeutralEvent[]): Block[] {
  const blocks = new Map<string, Block>()
  const parts = new Map<string, string>()
  for (const event of events) {
    if (!('index' in event)) continue
    const key = `${event.choice}:${event.index}`
    if (event.type === 'blockStart') blocks.set(key, event.block)
    const block = blocks.get(key)
    if (block) blocks.set(key, extended(block, event, key, parts))
  }
  return [...blocks.values()]
}

function extended(block: Block, event: NeutralEvent, key: string, parts: Map<string, string>): Block {
  switch (event.type) {
    case 'textDelta':
      return block.type === 'text' || block.type === 'refusal' ? { ...block, text: block.text + event.text } : block
    case 'inputDelta':
      return block.type === 'toolCall' || block.type === 'serverToolCall'
        ? { ...block, input: block.input + event.text }
        : block
    case 'citation':
      return block.type === 'text' ? { ...block, citations: [...(block.citations ?? []), event.citation] } : block
    case 'state':
      return { ...block, state: event.state }
    case 'reasoningDelta': {
      if (block.type !== 'reasoning') return block
      const { kind, part, text } = event
      const place = `${kind}:${part}`
      const isSame = parts.get(key) === place
      parts.set(key, place)
      const last = block.parts.at(-1)
      const grown: ReasoningPart = { kind, text: isSame && last ? last.text + text : text }
      return { ...block, parts: [...(isSame ? block.parts.slice(0, -1) : block.parts), grown] }
    }
    default:
      return block
  }
}
