import type { Block, Message, NeutralRequest, ToolDefinition } from 'lunaroute/neutral'

/** What a visitor makes of a block: itself, another, several, or nothing. */
export type Visited = Block | readonly Block[] | undefined

/** The request with every block of every message visited, those inside tool results too. Unchanged parts stay as they are. */
export function mapBlocks(request: NeutralRequest, visit: (block: Block, message: Message) => Visited): NeutralRequest {
  return mapMessages(request, message => {
    const content = mapList(message.content, block => {
      const visited = visit(block, message)
      if (visited !== block || block.type !== 'toolResult') return visited
      const inner = mapList(block.content, each => visit(each, message))
      return inner === block.content ? block : { ...block, content: inner }
    })
    return content === message.content ? message : { ...message, content }
  })
}

/** The request with every message visited. One that lost all its content is left out. */
export function mapMessages(request: NeutralRequest, visit: (message: Message) => Message): NeutralRequest {
  const messages = mapList(request.messages, message => {
    const visited = visit(message)
    return visited !== message && visited.content.length === 0 && message.content.length > 0 ? undefined : visited
  })
  return messages === request.messages ? request : { ...request, messages }
}

/** The request with every declared tool visited. */
export function mapTools(
  request: NeutralRequest,
  visit: (tool: ToolDefinition) => ToolDefinition | readonly ToolDefinition[] | undefined,
): NeutralRequest {
  if (!request.tools) return request
  const tools = mapList(request.tools, visit)
  return tools === request.tools ? request : { ...request, tools }
}

/** The list itself where nothing changed. */
function mapList<T>(list: readonly T[], visit: (item: T) => T | readonly T[] | undefined): readonly T[] {
  let changed: T[] | undefined
  for (const [i, item] of list.entries()) {
    const visited = visit(item)
    if (visited === item && !changed) continue
    changed ??= list.slice(0, i)
    if (Array.isArray(visited)) changed.push(...(visited as readonly T[]))
    else if (visited !== undefined) changed.push(visited as T)
  }
  return changed ?? list
}
