import {
  type Block,
  Fields,
  isObject,
  type JsonObject,
  restore,
  shapeOf,
  type ToolResultBlock,
} from 'lunaroute/neutral'
import { resultType } from './calls.ts'
import { DIALECT } from './name.ts'
import { readContent, readPart, writeCacheMark, writeContent, writePart } from './parts.ts'
import { readToolList, writeTools } from './tools.ts'
import type { WriteContext } from './write-context.ts'

/** Items with the result of a tool call: what kind of call they answer. */
const RESULTS: Readonly<Record<string, Partial<ToolResultBlock>>> = {
  function_call_output: { inputType: 'json' },
  custom_tool_call_output: { inputType: 'text' },
  computer_call_output: { provider: 'computer' },
  local_shell_call_output: { provider: 'shell' },
  shell_call_output: { provider: 'shell' },
  apply_patch_call_output: { provider: 'apply_patch' },
  tool_search_output: { provider: 'tool_search' },
}

/** Reads an item that holds a tool's result, or undefined for any other item. */
export function readResult(item: JsonObject, at: string): ToolResultBlock | undefined {
  const f = new Fields(item)
  const type = f.string('type') ?? ''
  if (!Object.hasOwn(RESULTS, type)) return undefined
  // The old local shell names the call by `id`.
  const callId = f.string('call_id', type === 'local_shell_call_output' ? 'id' : undefined)
  if (callId === undefined) return undefined
  const kind = RESULTS[type]!
  const content = type === 'tool_search_output' ? readFound(f, at) : readOutput(f, at)
  if (!content) return undefined
  if (resultType(kind.inputType, kind.provider) !== type) f.shape('type', type)
  return { type: 'toolResult', id: f.string('id'), callId, ...kind, content, at, extra: f.extra(DIALECT) }
}

/** Writes one. Responses has no mark for a failure, so it is said in words. */
export function writeResult(
  result: ToolResultBlock,
  call: Partial<ToolResultBlock>,
  context: WriteContext,
): JsonObject {
  const { callId, extra, content, isError } = result
  const { isOwn } = context
  const provider = result.provider ?? call.provider
  const type = shapeOf(extra, DIALECT, 'type') ?? resultType(result.inputType ?? call.inputType, provider)
  const head = { type, id: isOwn ? result.id : undefined, call_id: callId }
  const [first] = content
  if (type === 'tool_search_output') {
    const tools = content.flatMap(block => (block.type === 'toolAddition' ? block.tools : []))
    return restore({ ...head, execution: 'client', tools: writeTools(tools, context) }, extra, DIALECT)
  }
  if (shapeOf(extra, DIALECT, 'output') === 'part' && first) {
    return restore({ ...head, output: writePart(first, 'input', isOwn)?.part }, extra, DIALECT)
  }
  const words: Block[] = isError ? [{ type: 'text', text: 'Error:' }] : []
  const parts = [...words, ...content].flatMap(block => {
    const written = writePart(block, 'input', isOwn)
    if (!written) context.diagnostics.dropped(block.at ?? 'messages', `responses has no part for this ${block.type}`)
    return written ? [written.part] : []
  })
  const last = parts.at(-1)
  const mark = writeCacheMark(result.cacheMark, isOwn)
  if (mark && isObject(last)) parts[parts.length - 1] = { ...last, ...mark }
  const output = writeContent(parts, shapeOf(extra, DIALECT, 'output'))
  return restore({ ...head, output: output ?? (isOwn ? undefined : '') }, extra, DIALECT)
}

function readOutput(f: Fields, at: string): readonly Block[] {
  const screenshot = f.object('output')
  if (screenshot) {
    f.shape('output', 'part')
    return [readPart(screenshot, 'input', `${at}.output`)]
  }
  return readContent(f, 'output', 'input', at) ?? []
}

function readFound(f: Fields, at: string): readonly Block[] | undefined {
  const tools = f.list('tools')
  if (!tools || !f.constant('execution', 'client')) return undefined
  return [{ type: 'toolAddition', tools: readToolList(tools, `${at}.tools`), at }]
}
