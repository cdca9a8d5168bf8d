import { createHash } from 'node:crypto'
import type { Block } from 'lunaroute/neutral'
import type { Policy } from '../policy.ts'
import { mapBlocks } from '../walk.ts'

/**
 * Ids of tool calls within the model's limits and unique in the conversation: a client may use one again in a later
 * turn, which providers refuse. A result belongs to the last call of its id before it.
 */
export const withCallIds: Policy = (request, { diagnostics, profile }) => {
  const { idPattern, idLength = Number.POSITIVE_INFINITY } = profile.tools || {}
  const pattern = idPattern === undefined ? /^/ : new RegExp(idPattern)
  const used = new Set<string>()
  const current = new Map<string, string>()
  const note = (block: Block, reason: string): void => diagnostics.changed(block.at ?? 'messages', reason)
  return mapBlocks(request, block => {
    if (block.type === 'toolCall') {
      let callId = block.callId
      if (callId.length > idLength || !pattern.test(callId)) {
        callId = `call_${hash(callId)}`
        note(block, "the model's limits for ids of tool calls")
      }
      if (used.has(callId)) {
        callId = `call_${hash(`${callId} ${used.size}`)}`
        note(block, 'an id that an earlier tool call has, too')
      }
      used.add(callId)
      current.set(block.callId, callId)
      return callId === block.callId ? block : { ...block, callId }
    }
    if (block.type !== 'toolResult') return block
    const callId = current.get(block.callId)
    return callId === undefined || callId === block.callId ? block : { ...block, callId }
  })
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24)
}
