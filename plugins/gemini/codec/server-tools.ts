import {
  type Fields,
  isObject,
  type JsonObject,
  type ProviderToolKind,
  type ServerToolCallBlock,
  type ServerToolResultBlock,
  shapeOf,
} from 'lunaroute/neutral'
import type { CallIds } from './call-ids.ts'
import { DIALECT } from './name.ts'

type Call = Omit<ServerToolCallBlock, 'extra' | 'at' | 'state'>
type Result = Omit<ServerToolResultBlock, 'extra' | 'at' | 'state'>

const KINDS: Readonly<Record<string, ProviderToolKind>> = {
  GOOGLE_SEARCH_WEB: 'web_search',
  URL_CONTEXT: 'web_fetch',
  FILE_SEARCH: 'file_search',
  CODE_EXECUTION: 'code_execution',
}

const CODE = 'executableCode'

/** Reads `executableCode`. */
export function readCode(f: Fields, ids: CallIds): Call | undefined {
  const c = f.nested(CODE, 'executable_code')
  const code = c?.string('code')
  if (!c || code === undefined) return undefined
  c.constant('language', 'PYTHON')
  c.optional('language', 'id')
  const input = JSON.stringify({ code })
  return {
    type: 'serverToolCall',
    callId: ids.call(c.string('id'), CODE),
    kind: 'code_execution',
    name: 'code_execution',
    input,
  }
}

/** Reads `codeExecutionResult`. */
export function readCodeResult(f: Fields, ids: CallIds): Result | undefined {
  const c = f.nested('codeExecutionResult', 'code_execution_result')
  const outcome = c?.string('outcome')
  if (!c || outcome === undefined) return undefined
  c.shape('outcome', outcome)
  c.optional('output', 'id')
  const exitCode = outcome === 'OUTCOME_OK' ? 0 : outcome === 'OUTCOME_FAILED' ? 1 : undefined
  const output = { type: 'code', stdout: c.string('output') ?? '', exitCode } as const
  return { type: 'serverToolResult', callId: ids.result(c.string('id'), CODE), kind: 'code_execution', output }
}

/** Reads `toolCall`: any other tool that the provider ran. */
export function readToolCall(f: Fields, ids: CallIds): Call | undefined {
  const t = f.nested('toolCall', 'tool_call')
  const name = t?.string('toolType', 'tool_type')
  if (!t || name === undefined) return undefined
  t.optional('id')
  const args = t.object('args')
  const input = args === undefined ? '' : JSON.stringify(args)
  return { type: 'serverToolCall', callId: ids.call(t.string('id'), name), kind: kindOf(name), name, input }
}

/** Reads `toolResponse`. */
export function readToolResponse(f: Fields, ids: CallIds): Result | undefined {
  const t = f.nested('toolResponse', 'tool_response')
  const name = t?.string('toolType', 'tool_type')
  if (!t || name === undefined) return undefined
  t.optional('id')
  t.shape('toolType', name)
  const output = { type: 'native', dialect: DIALECT, value: t.object('response') } as const
  return { type: 'serverToolResult', callId: ids.result(t.string('id'), name), kind: kindOf(name), output }
}

/** Writes a call, or undefined where Gemini has no such tool. Call ids are defaults: see `serverDefaults`. */
export function writeServerCall(block: ServerToolCallBlock, isOwn: boolean): JsonObject | undefined {
  const input = parse(block.input)
  if (block.kind === 'code_execution' && (block.name === 'code_execution' || !isOwn)) {
    return typeof input?.code === 'string' ? { [CODE]: { code: input.code } } : undefined
  }
  return isOwn ? { toolCall: { toolType: block.name, args: input } } : undefined
}

/** Writes what came of one. */
export function writeServerResult(block: ServerToolResultBlock, isOwn: boolean): JsonObject | undefined {
  const { output, extra } = block
  if (output.type === 'code') {
    const outcome = shapeOf(extra, DIALECT, 'outcome') ?? (output.exitCode ? 'OUTCOME_FAILED' : 'OUTCOME_OK')
    const said = [output.stdout, output.stderr].filter(Boolean).join('\n')
    return { codeExecutionResult: { outcome, output: said === '' ? undefined : said } }
  }
  const toolType = shapeOf(extra, DIALECT, 'toolType')
  if (!isOwn || output.type !== 'native' || output.dialect !== DIALECT || toolType === undefined) return undefined
  return { toolResponse: { toolType, response: output.value } }
}

/** What a written server tool part says by default. */
export function serverDefaults(written: JsonObject, callId: string): JsonObject {
  const [key] = Object.keys(written)
  const rest =
    key === CODE
      ? { 'executableCode.language': 'PYTHON' }
      : key === 'codeExecutionResult'
        ? { 'codeExecutionResult.output': '' }
        : {}
  return { ...rest, [`${key}.id`]: callId }
}

function kindOf(toolType: string): ProviderToolKind {
  return Object.hasOwn(KINDS, toolType) ? KINDS[toolType]! : toolType.toLowerCase()
}

function parse(text: string): JsonObject | undefined {
  if (text === '') return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
