import type { Block, Diagnostics, DocumentBlock, JsonObject, NeutralRequest } from 'lunaroute/neutral'

/** Reports what neither of OpenAI's dialects can say about a block of another dialect. `api` is the one that is written. */
export function reportBlocks({ messages }: NeutralRequest, api: string, diagnostics: Diagnostics): void {
  for (const { content } of messages) {
    for (const block of content) {
      reportBlock(block, api, diagnostics)
      if (block.type === 'toolResult') for (const inner of block.content) reportBlock(inner, api, diagnostics)
    }
  }
}

/** Refuses a request that goes on from what another provider holds; what merely goes without it is reported. */
export function reportState({ state }: NeutralRequest, diagnostics: Diagnostics): void {
  for (const key of HELD) {
    if (state?.[key]) diagnostics.refused(`state.${key}`, 'another provider holds this state')
  }
  reportThread(state?.thread, diagnostics)
  if (state?.containerId) diagnostics.dropped('state.containerId', 'another provider holds this state')
}

/** A thread that begins has its whole conversation in the request; what goes on from one has not. */
function reportThread(thread: JsonObject | undefined, diagnostics: Diagnostics): void {
  if (thread?.type === 'create') diagnostics.changed('state.thread', 'the next request has to be whole, too')
  else if (thread) diagnostics.refused('state.thread', 'another provider holds this state')
}

const HELD = ['previousResponseId', 'conversationId', 'prompt', 'cachedContent', 'isBackground'] as const

/** Blocks that become parts of a content, which alone can hold a breakpoint; that of a result stands on its last part. */
const MARKED: ReadonlySet<Block['type']> = new Set(['text', 'image', 'document', 'audio', 'toolResult'])

function reportBlock(block: Block, api: string, diagnostics: Diagnostics): void {
  const at = block.at ?? 'messages'
  if (block.cacheMark && !MARKED.has(block.type)) {
    diagnostics.dropped(`${at}.cacheMark`, `${api} sets cache breakpoints on parts of a content alone`)
  }
  if (block.type !== 'document') return
  for (const field of lostOf(block)) {
    diagnostics.dropped(`${at}.${field}`, `${api} takes such a document without its ${field}`)
  }
}

function lostOf({ context, isCitable, title, filename, source }: DocumentBlock): readonly string[] {
  const isText = source.type === 'text'
  const lost = {
    context,
    isCitable: isCitable || undefined,
    title: isText ? title : undefined,
    filename: isText ? filename : undefined,
  }
  return Object.entries(lost).flatMap(([field, value]) => (value === undefined ? [] : [field]))
}
