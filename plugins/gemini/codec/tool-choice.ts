import type { Diagnostics, Fields, JsonObject, NeutralRequest, ToolChoice, ToolReference } from 'lunaroute/neutral'
import { shapeOf } from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

const TYPES = { AUTO: 'auto', NONE: 'none', ANY: 'required', VALIDATED: 'validated' } as const
const MODES = { auto: 'AUTO', none: 'NONE', required: 'ANY', validated: 'VALIDATED' } as const

/** Reads `toolConfig.functionCallingConfig`; the rest of `toolConfig` stays in the request's remainder. */
export function readToolChoice(f: Fields): ToolChoice | undefined {
  const c = f.nested('toolConfig', 'tool_config')?.nested('functionCallingConfig', 'function_calling_config')
  const mode = c?.peek('mode')
  const word = typeof mode === 'string' ? mode.toUpperCase() : ''
  if (!c || typeof mode !== 'string' || !Object.hasOwn(TYPES, word)) return undefined
  c.string('mode')
  if (mode !== word) c.shape('mode', mode)
  const type = TYPES[word as keyof typeof TYPES]
  if (type === 'none') return { type }
  const names = c.strings('allowedFunctionNames', 'allowed_function_names')
  if (names === undefined) return { type }
  const tools = names.map((name): ToolReference => ({ type: 'reference', name }))
  const [only] = tools
  return type === 'required' && only && tools.length === 1
    ? { type: 'tool', tool: only }
    : { type: 'allowed', mode: type, tools }
}

/** Writes `toolConfig`. */
export function writeToolChoice(request: NeutralRequest, diagnostics: Diagnostics): JsonObject | undefined {
  const { toolChoice: choice, dialect, extra } = request
  const isOwn = dialect === DIALECT
  if (!isOwn && request.isParallelToolUse === false && request.tools?.length) {
    diagnostics.dropped('isParallelToolUse', 'gemini cannot forbid parallel calls')
  }
  // Without functions a mode is an error; the choice among none is none.
  if (!choice) return undefined
  if (!isOwn && !request.tools?.some(tool => tool.type === 'function')) {
    if (choice.type !== 'auto' && request.tools?.length) {
      diagnostics.dropped('toolChoice', 'gemini chooses among functions, and there are none')
    }
    return undefined
  }
  if (choice.type === 'native') {
    diagnostics.dropped('toolChoice', `gemini has no counterpart to this choice of ${choice.dialect}`)
    return undefined
  }
  const [mode, names] = plainChoice(choice, isOwn)
  const note = shapeOf(extra, DIALECT, 'mode')
  const spelling = note?.toUpperCase() === mode ? note : mode
  return { functionCallingConfig: { mode: spelling, allowedFunctionNames: names } }
}

function plainChoice(
  choice: Exclude<ToolChoice, { type: 'native' }>,
  isOwn: boolean,
): readonly [mode: string, names?: readonly string[]] {
  if (choice.type === 'tool') return ['ANY', [choice.tool.name]]
  if (choice.type !== 'allowed') return [MODES[choice.type]]
  const names = choice.tools.map(tool => tool.name)
  // Names go with ANY and VALIDATED only; the latter leaves the model free to answer in words.
  return [choice.mode === 'auto' && !isOwn ? 'VALIDATED' : MODES[choice.mode], names]
}
