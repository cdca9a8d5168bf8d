import {
  type Block,
  type CacheMark,
  Fields,
  isObject,
  type OpaqueState,
  type ToolAdditionBlock,
  type ToolResultBlock,
} from 'lunaroute/neutral'
import { readCitation } from './citations.ts'
import { readDocument, readImage, readSearchResult } from './media.ts'
import { DIALECT } from './name.ts'
import { readServerCall, readServerResult } from './server-tools.ts'

type Plain<B> = B extends Block ? Omit<B, 'extra' | 'at' | 'cacheMark'> : never

/** Reads one content block; one it does not understand comes back whole, as a native block. */
export function readBlock(value: unknown, at: string | undefined): Block {
  const native: Block = { type: 'native', dialect: DIALECT, value, at }
  if (!isObject(value)) return native
  const type = value.type
  if (typeof type !== 'string') return native
  const f = new Fields(value)
  f.constant('type', type)
  const block = readPlain(f, type, at)
  if (!block) return native
  const cacheMark = readCacheMark(f)
  return { ...block, cacheMark, at, extra: f.extra(DIALECT) } as Block
}

/** Reads `cache_control`; another kind of mark than an ephemeral one stays in the remainder. */
export function readCacheMark(f: Fields): CacheMark | undefined {
  const native = f.object('cache_control')
  if (native === undefined) return undefined
  const mark = new Fields(native)
  if (!mark.constant('type', 'ephemeral')) return f.leave('cache_control')
  return { ttl: mark.string('ttl'), extra: mark.extra(DIALECT) }
}

/** Content as a string or as blocks. Undefined when it is neither; then it stays in the remainder. */
export function readContent(f: Fields, at: string | undefined): readonly Block[] | undefined {
  const text = f.string('content')
  if (text !== undefined) {
    f.shape('content', 'string')
    return [{ type: 'text', text, at: at && `${at}.content` }]
  }
  return f.list('content')?.map((value, i) => readBlock(value, at && `${at}.content[${i}]`))
}

function readPlain(f: Fields, type: string, at: string | undefined): Plain<Block> | undefined {
  if (Object.hasOwn(READERS, type)) return READERS[type]?.(f, at)
  if (type === 'server_tool_use' || type === 'mcp_tool_use') return readServerCall(f, type)
  if (type.endsWith('_tool_result')) return readServerResult(f, type, readBlock)
  return undefined
}

const READERS: Readonly<Record<string, (f: Fields, at: string | undefined) => Plain<Block> | undefined>> = {
  text(f) {
    const text = f.string('text')
    return text === undefined ? undefined : { type: 'text', text, citations: f.list('citations')?.map(readCitation) }
  },
  image: f => readImage(f, readBlock),
  document: f => readDocument(f, readBlock),
  search_result: f => readSearchResult(f, readBlock),
  thinking(f) {
    const [text, signature] = [f.string('thinking'), f.string('signature')]
    if (text === undefined) return undefined
    return { type: 'reasoning', parts: [{ kind: 'text', text }], state: state('signature', signature) }
  },
  redacted_thinking(f) {
    const data = f.string('data')
    return data === undefined ? undefined : { type: 'reasoning', parts: [], state: state('redacted', data) }
  },
  tool_use(f) {
    const [callId, name, input] = [f.string('id'), f.string('name'), f.value('input')]
    if (callId === undefined || name === undefined || input === undefined) return undefined
    return { type: 'toolCall', callId, name, inputType: 'json', input: JSON.stringify(input) }
  },
  tool_result: readToolResult,
  tool_reference(f) {
    const name = f.string('tool_name')
    return name === undefined ? undefined : { type: 'toolReference', name }
  },
  tool_addition: readToolAddition,
  compaction(f) {
    const [text, encrypted] = [f.string('content'), f.string('encrypted_content')]
    return { type: 'compaction', text, state: state('encrypted', encrypted) }
  },
}

function readToolResult(f: Fields, at: string | undefined): Plain<ToolResultBlock> | undefined {
  const callId = f.string('tool_use_id')
  if (callId === undefined) return undefined
  f.optional('content')
  const content = readContent(f, at) ?? []
  return { type: 'toolResult', callId, content, isError: f.boolean('is_error') }
}

function readToolAddition(f: Fields): Plain<ToolAdditionBlock> | undefined {
  const tool = f.object('tool')
  const reference = tool && new Fields(tool)
  const name = reference?.string('name')
  if (!reference?.constant('type', 'tool_reference') || name === undefined) return undefined
  return { type: 'toolAddition', tools: [{ type: 'reference', name, extra: reference.extra(DIALECT) }] }
}

function state(kind: OpaqueState['kind'], data: string | undefined): OpaqueState | undefined {
  return data === undefined ? undefined : { kind, data, issuer: DIALECT }
}
