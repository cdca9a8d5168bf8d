import { type Block, Fields, isObject, type JsonObject, restore, shapeOf, type ToolCallBlock } from 'lunaroute/neutral'
import { DIALECT, standsIn } from './name.ts'

/** Reads `tool_calls` and the old `function_call`. */
export function readCalls(f: Fields, at: string, legacyId: string): Block[] {
  const calls = f.list('tool_calls')
  if (calls?.length === 0) f.leave('tool_calls')
  const blocks = (calls ?? []).map((value, i) => readCall(value, `${at}.tool_calls[${i}]`))
  const legacy = f.object('function_call')
  const call = legacy && readLegacyCall(legacy, `${at}.function_call`, legacyId)
  if (!call) f.leave('function_call')
  return call ? [...blocks, call] : blocks
}

/** Writes the calls among a message's blocks. */
export function writeCalls(blocks: readonly Block[], isOwn: boolean): JsonObject {
  const calls = blocks
    .filter(block => shapeOf(block.extra, DIALECT, 'in') !== 'function_call')
    .flatMap(block => writeCall(block, isOwn))
  const legacy = blocks.find(
    block => block.type === 'toolCall' && shapeOf(block.extra, DIALECT, 'in') === 'function_call',
  )
  return {
    tool_calls: calls.length > 0 ? calls : undefined,
    function_call: legacy?.type === 'toolCall' ? writeLegacyCall(legacy) : undefined,
  }
}

function readCall(value: unknown, at: string): Block {
  const native: Block = { type: 'native', dialect: DIALECT, value, at, extra: standsIn('tool_calls') }
  if (!isObject(value)) return native
  const f = new Fields(value)
  const isCustom = f.constant('type', 'custom')
  if (!isCustom && !f.constant('type', 'function') && f.peek('type') !== undefined) return native
  f.optional('type')
  const call = f.nested(isCustom ? 'custom' : 'function')
  const [callId, name, input] = [f.string('id'), call?.string('name'), call?.string(isCustom ? 'input' : 'arguments')]
  if (callId === undefined || name === undefined || input === undefined) return native
  // Google's Chat endpoint keeps the thought signature of a call here, and wants it back.
  const signature = f.nested('extra_content')?.nested('google')?.string('thought_signature')
  const state =
    signature === undefined ? undefined : ({ kind: 'signature', data: signature, issuer: 'gemini' } as const)
  return {
    type: 'toolCall',
    callId,
    name,
    inputType: isCustom ? 'text' : 'json',
    input,
    state,
    at,
    extra: f.extra(DIALECT),
  }
}

function writeCall(block: Block, isOwn: boolean): readonly unknown[] {
  if (block.type === 'native') {
    return block.dialect === DIALECT && shapeOf(block.extra, DIALECT, 'in') === 'tool_calls' ? [block.value] : []
  }
  if (block.type !== 'toolCall') return []
  const { callId, name, state } = block
  // Clients and servers parse the arguments of a call that has none, and the empty string is not JSON.
  const input = block.input === '' && block.inputType === 'json' && !isOwn ? '{}' : block.input
  const call =
    block.inputType === 'text' ? { type: 'custom', custom: { name, input } } : { function: { name, arguments: input } }
  const signature = state?.issuer === 'gemini' ? { google: { thought_signature: state.data } } : undefined
  return [restore({ id: callId, ...call, extra_content: signature }, block.extra, DIALECT, { type: 'function' })]
}

function readLegacyCall(native: JsonObject, at: string, callId: string): Block | undefined {
  const f = new Fields(native)
  f.shape('in', 'function_call')
  const [name, input] = [f.string('name'), f.string('arguments')]
  // Some servers fill in every field that there is, also of a call that was not made.
  if (!name || input === undefined) return undefined
  return { type: 'toolCall', callId, name, inputType: 'json', input, at, extra: f.extra(DIALECT) }
}

function writeLegacyCall({ name, input, extra }: ToolCallBlock): JsonObject {
  return restore({ name, arguments: input }, extra, DIALECT)
}
