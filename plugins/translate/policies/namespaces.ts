import type { Block, ToolDefinition } from 'lunaroute/neutral'
import type { Policy } from '../policy.ts'
import { mapBlocks, mapTools } from '../walk.ts'

/** Tools that are added in mid-conversation are declared at the top: other dialects have no other place. */
export const withToolsAtTop: Policy = (request, { diagnostics }) => {
  const added: ToolDefinition[] = []
  const changed = mapBlocks(request, block => {
    if (block.type !== 'toolAddition') return block
    diagnostics.changed(block.at ?? 'tools', 'tools that are added in mid-conversation are declared from the start')
    added.push(...block.tools.filter(tool => tool.type !== 'reference'))
    return undefined
  })
  const tools = added.length === 0 ? changed : { ...changed, tools: [...(changed.tools ?? []), ...added] }
  return mapTools(tools, tool => {
    if (tool.isDeferred === undefined) return tool
    if (tool.isDeferred) diagnostics.changed(tool.at ?? 'tools', 'a deferred tool is declared from the start')
    return { ...tool, isDeferred: undefined }
  })
}

/** `ns` and `tool` become `ns__tool`, in declarations and in the calls of earlier turns. */
export const withoutNamespaces: Policy = (request, { diagnostics, reversal }) => {
  const flat = (tool: ToolDefinition, namespace: string): readonly ToolDefinition[] => {
    if (tool.type === 'namespace') return tool.tools.flatMap(each => flat(each, `${namespace}__${tool.name}`))
    if (tool.type !== 'function' && tool.type !== 'custom') return [tool]
    const name = `${namespace}__${tool.name}`
    reversal.flattened({ namespace, name: tool.name }, name)
    return [{ ...tool, name }]
  }
  const changed = mapTools(request, tool => {
    if (tool.type !== 'namespace') return tool
    diagnostics.changed(tool.at ?? 'tools', 'the tools of a namespace are declared by names that begin with its own')
    return tool.tools.flatMap(each => flat(each, tool.name))
  })
  const declared = new Set(changed.tools?.flatMap(tool => ('name' in tool ? [tool.name] : [])))
  return mapBlocks(changed, block => withFlatName(block, declared))
}

/** A tool that a search has found stands in a namespace of its own name, and is declared without one. */
function withFlatName(block: Block, declared: ReadonlySet<string | undefined>): Block {
  if (block.type !== 'toolCall' || block.namespace === undefined) return block
  const name = `${block.namespace}__${block.name}`
  const isBare = !declared.has(name) && declared.has(block.name)
  return { ...block, namespace: undefined, name: isBare ? block.name : name }
}
