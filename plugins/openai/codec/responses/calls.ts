import {
  type Fields,
  isObject,
  type JsonObject,
  type ProviderToolKind,
  restore,
  shapeOf,
  type ToolCallBlock,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'
import type { WriteContext } from './write-context.ts'

/** Items by which the model asks the client to run a tool of the provider's making: what it does, and where its input is. */
const PROVIDER_CALLS: Readonly<Record<string, readonly [kind: ProviderToolKind, field: string]>> = {
  computer_call: ['computer', 'action'],
  local_shell_call: ['shell', 'action'],
  shell_call: ['shell', 'action'],
  apply_patch_call: ['apply_patch', 'operation'],
  tool_search_call: ['tool_search', 'arguments'],
}

/** What Responses requires of them and the neutral form does not hold. */
const REQUIRED: Readonly<Record<string, JsonObject>> = {
  computer_call: { pending_safety_checks: [] },
  shell_call: { environment: null },
}

/** Readers of call items by their type. Undefined for one without what makes it a call. */
export const CALL_READERS: Readonly<Record<string, (f: Fields) => object | undefined>> = {
  function_call: f => readNamed(f, 'arguments'),
  custom_tool_call: f => readNamed(f, 'input'),
  ...Object.fromEntries(Object.keys(PROVIDER_CALLS).map(type => [type, (f: Fields) => readProvider(f, type)])),
}

/** Writes a call item. `id` is undefined where the item was not made by this provider. */
export function writeCall(
  call: ToolCallBlock,
  id: string | undefined,
  { isOwn, id: makeId }: WriteContext,
): JsonObject {
  const { callId, name, namespace, input, provider, extra } = call
  const defaults = makeId || isOwn ? { status: 'completed' } : undefined
  const type = provider && (shapeOf(extra, DIALECT, 'type') ?? providerType(provider))
  if (type !== undefined) {
    const [, field] = PROVIDER_CALLS[type]!
    const execution = type === 'tool_search_call' ? 'client' : undefined
    const written = { type, id, call_id: callId, [field]: parse(input), execution }
    return restore(written, extra, DIALECT, isOwn ? defaults : { ...REQUIRED[type], ...defaults })
  }
  const isCustom = call.inputType === 'text'
  const said = isCustom
    ? { type: 'custom_tool_call', input }
    : { type: 'function_call', arguments: isOwn || input !== '' ? input : '{}' }
  return restore({ ...said, id, call_id: callId, name, namespace }, extra, DIALECT, defaults)
}

/** The type of the item that answers a call. */
export function resultType(inputType: 'json' | 'text' | undefined, kind?: string): string {
  const call = kind === undefined ? undefined : providerType(kind)
  if (call === 'tool_search_call') return 'tool_search_output'
  if (call !== undefined) return `${call}_output`
  return inputType === 'text' ? 'custom_tool_call_output' : 'function_call_output'
}

/** JSON text as a value; what is none, as an object that says so. */
export function parse(input: string): unknown {
  if (input === '') return {}
  try {
    return JSON.parse(input) as unknown
  } catch {
    return { input }
  }
}

function providerType(kind: ProviderToolKind): string | undefined {
  return Object.keys(PROVIDER_CALLS).findLast(type => PROVIDER_CALLS[type]![0] === kind)
}

function readNamed(f: Fields, field: 'arguments' | 'input'): object | undefined {
  f.optional('status')
  const [callId, name, input] = [f.string('call_id'), f.string('name'), f.string(field)]
  if (callId === undefined || name === undefined || input === undefined) return undefined
  const inputType = field === 'input' ? 'text' : 'json'
  return { type: 'toolCall', id: f.string('id'), callId, name, namespace: f.string('namespace'), inputType, input }
}

function readProvider(f: Fields, type: string): object | undefined {
  f.optional('status')
  const [kind, field] = PROVIDER_CALLS[type]!
  if (type === 'tool_search_call' && !f.constant('execution', 'client')) return undefined
  const [callId, input] = [f.string('call_id'), f.object(field)]
  if (callId === undefined || !isObject(input)) return undefined
  if (providerType(kind) !== type) f.shape('type', type)
  return {
    type: 'toolCall',
    id: f.string('id'),
    callId,
    name: kind,
    inputType: 'json',
    input: JSON.stringify(input),
    provider: kind,
  }
}
