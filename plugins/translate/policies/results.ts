import type { Block, Message, ToolCallBlock, ToolResultBlock } from 'lunaroute/neutral'
import type { Policy } from '../policy.ts'

const CANCELLED = 'The tool call was cancelled: it has no result.'

/** Every call is followed by its result, at once: providers refuse a conversation in which one is missing or elsewhere. */
export const withResults: Policy = (request, { diagnostics }) => {
  const messages: Message[] = []
  let isChanged = false
  for (let i = 0; i < request.messages.length; i++) {
    const message = request.messages[i]!
    const calls = message.content.filter(block => block.type === 'toolCall')
    if (message.role === 'tool') {
      // Results are taken up with their calls; what is left belongs to none.
      isChanged = true
      messages.push(asWords(message, block => diagnostics.changed(block.at ?? 'messages', 'a result without its call')))
      continue
    }
    messages.push(message)
    if (message.role !== 'assistant' || calls.length === 0) continue
    const end = nextTurn(request.messages, i + 1)
    const after = request.messages.slice(i + 1, end)
    const { results, orphans, others } = sorted(after, calls)
    const missing = calls.filter(({ callId }) => !results.some(result => result.callId === callId))
    for (const call of missing) diagnostics.changed(call.at ?? 'messages', 'a tool call without a result')
    const isInPlace =
      missing.length === 0 &&
      orphans.length === 0 &&
      after[0]?.role === 'tool' &&
      after[0].content.length === results.length
    if (isInPlace) messages.push(...after)
    else {
      isChanged = true
      const extra = after.find(({ role }) => role === 'tool')?.extra
      messages.push({ role: 'tool', content: [...results, ...missing.map(cancelled)], extra })
      for (const block of orphans) diagnostics.changed(block.at ?? 'messages', 'a result without its call')
      if (orphans.length > 0) messages.push({ role: 'user', content: orphans.flatMap(words) })
      messages.push(...others)
    }
    i = end - 1
  }
  return isChanged ? { ...request, messages } : request
}

function nextTurn(messages: readonly Message[], from: number): number {
  const found = messages.findIndex(({ role }, i) => i >= from && role === 'assistant')
  return found < 0 ? messages.length : found
}

function sorted(after: readonly Message[], calls: readonly ToolCallBlock[]) {
  const ids = new Set(calls.map(({ callId }) => callId))
  const all = after.flatMap(({ content }) => content.filter(block => block.type === 'toolResult'))
  return {
    results: all.filter((result, i) => ids.has(result.callId) && isFirst(all, result, i)),
    orphans: all.filter((result, i) => !ids.has(result.callId) || !isFirst(all, result, i)),
    others: after.filter(({ role }) => role !== 'tool'),
  }
}

function isFirst(all: readonly ToolResultBlock[], { callId }: ToolResultBlock, i: number): boolean {
  return all.findIndex(each => each.callId === callId) === i
}

function cancelled({ callId, name, inputType }: ToolCallBlock): ToolResultBlock {
  return { type: 'toolResult', callId, name, inputType, isError: true, content: [{ type: 'text', text: CANCELLED }] }
}

function asWords(message: Message, note: (block: Block) => void): Message {
  for (const block of message.content) note(block)
  return { role: 'user', content: message.content.flatMap(words), at: message.at }
}

function words(block: Block): readonly Block[] {
  if (block.type !== 'toolResult') return [block]
  return [{ type: 'text', text: `Result of the tool call ${block.callId}:`, at: block.at }, ...block.content]
}
