import type { ToolChoice, ToolDefinition, ToolReference } from 'lunaroute/neutral'
import type { Policy } from '../policy.ts'

/** For providers that cannot narrow the tools they are given: those that may not be used are not declared. */
export const withAllowedTools: Policy = (request, { diagnostics, profile }) => {
  const { hasAllowedChoice } = profile.tools || {}
  const { toolChoice: choice, tools = [] } = request
  if (hasAllowedChoice !== false || choice?.type !== 'allowed') return request
  diagnostics.changed('toolChoice', 'said by declaring those tools alone')
  const kept = tools.filter(tool => {
    const isAllowed = choice.tools.some(reference => names(reference, tool))
    if (!isAllowed) diagnostics.changed(tool.at ?? 'tools', 'not among the tools that may be used')
    return isAllowed
  })
  return { ...request, tools: kept, toolChoice: choiceOf(choice, kept) }
}

function choiceOf({ mode }: Extract<ToolChoice, { type: 'allowed' }>, kept: readonly ToolDefinition[]): ToolChoice {
  const [only] = kept
  if (mode !== 'required') return { type: 'auto' }
  const isOne = kept.length === 1 && (only?.type === 'function' || only?.type === 'custom')
  return isOne ? { type: 'tool', tool: { type: 'reference', name: only.name } } : { type: 'required' }
}

function names({ name, of = 'function' }: ToolReference, tool: ToolDefinition): boolean {
  switch (tool.type) {
    case 'function':
    case 'custom':
      return tool.type === of && tool.name === name
    case 'provider':
      return [tool.kind, tool.nativeType, tool.name, tool.server?.name].includes(name)
    default:
      return false
  }
}
