import type { Block } from 'lunaroute/neutral'
import type { Policy } from '../policy.ts'
import { mapBlocks } from '../walk.ts'

/**
 * What only its own provider can read again is left out: blocks of a kind one dialect knows, and tools that the other
 * provider ran, whose results hold its encrypted state. A call goes with its result.
 */
export const withoutForeignBlocks: Policy = (request, { diagnostics, dialect }) => {
  const changed = mapBlocks(request, (block, message) => {
    if (!isForeign(block, dialect)) return block
    const reason = block.type === 'native' ? `only ${request.dialect} knows it` : 'another provider ran this tool'
    diagnostics.dropped(block.at ?? message.at ?? 'messages', reason)
    return undefined
  })
  // A stored prompt may hold them all; it is refused by its own name.
  if (changed.messages.length === 0 && !request.state?.prompt) {
    diagnostics.refused('messages', 'there is no message that another provider knows')
  }
  return changed
}

function isForeign(block: Block, dialect: string): boolean {
  if (block.type === 'native') return block.dialect !== dialect
  return block.type === 'serverToolCall' || block.type === 'serverToolResult'
}
