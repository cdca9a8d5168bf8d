import { type Block, Fields, isObject, type JsonObject, type OpaqueState } from 'lunaroute/neutral'
import type { CallIds } from './call-ids.ts'
import { readFunctionResponse } from './function-response.ts'
import { readFileData, readInlineData } from './media.ts'
import { DIALECT } from './name.ts'
import { readCode, readCodeResult, readToolCall, readToolResponse } from './server-tools.ts'

type Plain<B> = B extends Block ? Omit<B, 'extra' | 'at' | 'state'> : never
type Read = (f: Fields, ids: CallIds, at: string | undefined) => Plain<Block> | undefined

/** Reads one part; one it does not understand comes back whole, as a native block. */
export function readPart(value: unknown, at: string | undefined, ids: CallIds): Block {
  const native: Block = { type: 'native', dialect: DIALECT, value, at }
  if (!isObject(value)) return native
  // Nearly all parts of a stream are a text and nothing else.
  if (typeof value.text === 'string' && isAlone(value)) {
    return { type: 'text', text: value.text, state: undefined, at, extra: undefined }
  }
  const f = new Fields(value)
  const kinds = Object.keys(value).filter(key => Object.hasOwn(READERS, key))
  // A part is one thing; what holds two is kept as it is.
  const block = kinds.length === 0 ? readThought(f) : kinds.length === 1 ? READERS[kinds[0]!]!(f, ids, at) : undefined
  if (!block) return native
  const signature = f.string('thoughtSignature', 'thought_signature')
  return { ...block, state: stateOf(signature), at, extra: f.extra(DIALECT) } as Block
}

function isAlone(value: JsonObject): boolean {
  let count = 0
  for (const _ in value) count++
  return count === 1
}

/** A signature as the neutral form has it. */
export function stateOf(signature: string | undefined): OpaqueState | undefined {
  return signature === undefined ? undefined : { kind: 'signature', data: signature, issuer: DIALECT }
}

const READERS: Readonly<Record<string, Read>> = {
  text(f) {
    const text = f.string('text')
    if (text === undefined) return undefined
    if (f.peek('thought') !== true) return { type: 'text', text }
    f.boolean('thought')
    return { type: 'reasoning', parts: [{ kind: 'summary', text }] }
  },
  ...both('inlineData', 'inline_data', readInlineData),
  ...both('fileData', 'file_data', readFileData),
  ...both('functionCall', 'function_call', readFunctionCall),
  ...both('functionResponse', 'function_response', readFunctionResponse),
  ...both('executableCode', 'executable_code', readCode),
  ...both('codeExecutionResult', 'code_execution_result', readCodeResult),
  ...both('toolCall', 'tool_call', readToolCall),
  ...both('toolResponse', 'tool_response', readToolResponse),
}

function both(name: string, alias: string, read: Read): Readonly<Record<string, Read>> {
  return { [name]: read, [alias]: read }
}

/** A part with nothing but a signature, or a thought that is not shown. */
function readThought(f: Fields): Plain<Block> | undefined {
  const isThought = f.peek('thought') === true
  const isSigned = typeof (f.peek('thoughtSignature') ?? f.peek('thought_signature')) === 'string'
  if (!isThought && !isSigned) return undefined
  if (isThought) f.boolean('thought')
  f.optional('thought')
  return { type: 'reasoning', parts: [] }
}

function readFunctionCall(f: Fields, ids: CallIds): Plain<Block> | undefined {
  const c = f.nested('functionCall', 'function_call')
  const name = c?.string('name')
  if (!c || name === undefined) return undefined
  const id = c.peek('id') === '' ? undefined : c.string('id')
  c.optional('id')
  const args = c.object('args')
  const input = args === undefined ? '' : JSON.stringify(args)
  return { type: 'toolCall', callId: ids.call(id, name), name, inputType: 'json', input }
}
