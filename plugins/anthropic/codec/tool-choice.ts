import { Fields, type NeutralRequest, type RequestContext, restore, type ToolChoice } from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

/** Reads `tool_choice`, which also says whether tools may be called in parallel. */
export function readToolChoice(f: Fields): Pick<NeutralRequest, 'toolChoice' | 'isParallelToolUse'> {
  const native = f.object('tool_choice')
  if (!native) return {}
  const c = new Fields(native)
  const type = c.string('type')
  const name = type === 'tool' ? c.string('name') : undefined
  const isDisabled = type === 'none' ? undefined : c.boolean('disable_parallel_tool_use')
  const isParallelToolUse = isDisabled === undefined ? undefined : !isDisabled
  const extra = c.extra(DIALECT)
  if (type === 'auto' || type === 'none') return { toolChoice: { type, extra }, isParallelToolUse }
  if (type === 'any') return { toolChoice: { type: 'required', extra }, isParallelToolUse }
  if (name !== undefined) {
    return { toolChoice: { type: 'tool', tool: { type: 'reference', name }, extra }, isParallelToolUse }
  }
  return { toolChoice: { type: 'native', dialect: DIALECT, value: native } }
}

/** Writes `tool_choice`; one that only forbids parallel calls is made up where the request has none. */
export function writeToolChoice(request: NeutralRequest, context: RequestContext, hasTools: boolean): unknown {
  const { toolChoice: choice, isParallelToolUse } = request
  if (choice === undefined) {
    const isLimited = isParallelToolUse === false && hasTools && (request.tools?.length ?? 0) > 0
    return isLimited ? { type: 'auto', disable_parallel_tool_use: true } : undefined
  }
  if (!hasTools) {
    // A choice may not stand beside no tools.
    const isLost = choice.type !== 'auto' && choice.type !== 'none'
    if (isLost) context.diagnostics.dropped('toolChoice', 'there is no tool to be chosen')
    return undefined
  }
  if (choice.type === 'native') {
    if (choice.dialect === DIALECT) return choice.value
    context.diagnostics.dropped('toolChoice', `messages has no counterpart to this choice of ${choice.dialect}`)
    return undefined
  }
  const parallel = isParallelToolUse === undefined || choice.type === 'none' ? undefined : !isParallelToolUse
  return restore({ ...plainChoice(choice, context), disable_parallel_tool_use: parallel }, choice.extra, DIALECT)
}

function plainChoice(choice: Exclude<ToolChoice, { type: 'native' }>, { diagnostics }: RequestContext) {
  switch (choice.type) {
    case 'tool':
      return { type: 'tool', name: choice.tool.name }
    case 'allowed':
      // The tools have been narrowed themselves.
      return { type: choice.mode === 'required' ? 'any' : 'auto' }
    case 'required':
      return { type: 'any' }
    case 'validated':
      diagnostics.changed('toolChoice', 'only gemini checks calls without asking for one')
      return { type: 'auto' }
    default:
      return { type: choice.type }
  }
}
