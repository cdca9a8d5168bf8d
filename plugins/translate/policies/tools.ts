import type { Policy } from '../policy.ts'
import { mapTools } from '../walk.ts'

/** What the model's profile says of tools as a whole: none at all, none of the provider's, no strictness, no choice. */
export const withinToolLimits: Policy = (request, { diagnostics, profile }) => {
  const limits = profile.tools ?? {}
  if (!request.tools) return request
  if (limits === false) {
    for (const tool of request.tools) diagnostics.dropped(tool.at ?? 'tools', 'the model has no tools')
    return { ...request, tools: undefined, toolChoice: undefined, isParallelToolUse: undefined }
  }
  const changed = mapTools(request, tool => {
    if (tool.type === 'provider' && tool.kind === 'file_search') {
      diagnostics.dropped(tool.at ?? 'tools', 'another provider holds the files to be searched')
      return undefined
    }
    if (tool.type === 'provider' && limits.provider && !limits.provider.includes(tool.kind)) {
      diagnostics.dropped(tool.at ?? 'tools', `the model has no ${tool.kind} tool`)
      return undefined
    }
    if (tool.type !== 'function' || limits.isStrict !== false || !tool.isStrict) return tool
    diagnostics.dropped(`${tool.at ?? 'tools'}.isStrict`, 'the model does not promise arguments that match')
    return { ...tool, isStrict: undefined }
  })
  const isForced = request.toolChoice?.type === 'required' || request.toolChoice?.type === 'tool'
  const isLoosened = isForced && limits.hasForcedChoice === false
  if (isLoosened) diagnostics.dropped('toolChoice', 'the model cannot be made to use a tool')
  const isParallelDropped = limits.isParallel === false && request.isParallelToolUse === true
  if (isParallelDropped) diagnostics.dropped('isParallelToolUse', 'the model calls one tool at a time')
  const toolChoice = isLoosened ? ({ type: 'auto' } as const) : changed.toolChoice
  const isParallelToolUse = isParallelDropped ? undefined : changed.isParallelToolUse
  return isLoosened || isParallelDropped ? { ...changed, toolChoice, isParallelToolUse } : changed
}
