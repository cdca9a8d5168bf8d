import {
  Fields,
  isObject,
  type JsonObject,
  type ProviderToolKind,
  restore,
  type SearchHit,
  type ServerToolCallBlock,
  type ServerToolOutput,
  type ServerToolResultBlock,
  shapeOf,
} from 'lunaroute/neutral'
import type { ReadBlock, WriteBlock } from './media.ts'
import { DIALECT } from './name.ts'

/** The kinds of result blocks, by their type without `_tool_result`. */
const KINDS: Readonly<Record<string, ProviderToolKind>> = {
  web_search: 'web_search',
  web_fetch: 'web_fetch',
  code_execution: 'code_execution',
  bash_code_execution: 'code_execution',
  text_editor_code_execution: 'code_execution',
  tool_search: 'tool_search',
  advisor: 'advisor',
  mcp: 'mcp',
}

/** What a server tool of this name, or of this versioned type, does. */
export function kindOf(name: string): ProviderToolKind {
  if (name.startsWith('tool_search')) return 'tool_search'
  return KINDS[name.replace(/_\d{8}$/, '')] ?? name.replace(/_\d{8}$/, '')
}

/** Reads `server_tool_use` and `mcp_tool_use`. */
export function readServerCall(f: Fields, type: string): Omit<ServerToolCallBlock, 'extra'> | undefined {
  const [callId, name, input] = [f.string('id'), f.string('name'), f.object('input')]
  if (callId === undefined || name === undefined || input === undefined) return undefined
  const isMcp = type === 'mcp_tool_use'
  const server = isMcp ? f.string('server_name') : undefined
  const kind = isMcp ? 'mcp' : kindOf(name)
  return { type: 'serverToolCall', callId, kind, name, server, input: JSON.stringify(input) }
}

/** The tools that Messages runs by itself. */
const OWN_TOOLS: ReadonlySet<ProviderToolKind> = new Set([
  'web_search',
  'web_fetch',
  'code_execution',
  'tool_search',
  'advisor',
  'mcp',
])

/** Whether a tool that another provider ran is one that Messages has, too. */
export function isKnown({ kind }: ServerToolCallBlock | ServerToolResultBlock): boolean {
  return OWN_TOOLS.has(kind) && kind !== 'tool_search'
}

/** Another provider's block as Messages would have it: by its names, with an id in its form. */
export function adopted<T extends ServerToolCallBlock | ServerToolResultBlock>(block: T): T {
  const prefix = block.kind === 'mcp' ? 'mcptoolu_' : 'srvtoolu_'
  const callId = block.callId.startsWith(prefix) ? block.callId : prefix + block.callId.replaceAll(/\W/g, '_')
  if (block.type === 'serverToolCall') return { ...block, callId, name: block.kind === 'mcp' ? block.name : block.kind }
  const { output } = block
  const isMute = block.kind === 'mcp' && output.type === 'content' && output.isError === undefined
  return { ...block, callId, output: isMute ? { ...output, isError: false } : output }
}

/** Writes the fields of a server tool call. */
export function writeServerCall(block: ServerToolCallBlock, input: unknown): JsonObject {
  if (block.kind !== 'mcp') return { type: 'server_tool_use', id: block.callId, name: block.name, input }
  return { type: 'mcp_tool_use', id: block.callId, name: block.name, server_name: block.server, input }
}

/** Reads any `*_tool_result` block of the assistant's turn. */
export function readServerResult(
  f: Fields,
  type: string,
  readBlock: ReadBlock,
): Omit<ServerToolResultBlock, 'extra'> | undefined {
  const tool = type.slice(0, -'_tool_result'.length)
  const callId = f.string('tool_use_id')
  const content = f.value('content')
  if (callId === undefined || content === undefined) return undefined
  const kind = KINDS[tool] ?? tool
  if (tool !== kind) f.shape('tool', tool)
  const isError = kind === 'mcp' ? f.boolean('is_error') : undefined
  const output = readOutput(tool, content, isError, readBlock) ?? { type: 'native', dialect: DIALECT, value: content }
  if (output.type === 'native' && isError !== undefined) f.leave('is_error')
  return { type: 'serverToolResult', callId, kind, output }
}

/** Writes the fields of a server tool's result, or undefined where Messages has no such result. */
export function writeServerResult(block: ServerToolResultBlock, writeBlock: WriteBlock): JsonObject | undefined {
  const tool = shapeOf(block.extra, DIALECT, 'tool') ?? block.kind
  const { output } = block
  const content = writeOutput(tool, output, writeBlock)
  if (content === undefined) return undefined
  const isError = block.kind === 'mcp' && output.type === 'content' ? output.isError : undefined
  return { type: `${tool}_tool_result`, tool_use_id: block.callId, content, is_error: isError }
}

function readOutput(
  tool: string,
  content: unknown,
  isError: boolean | undefined,
  readBlock: ReadBlock,
): ServerToolOutput | undefined {
  if (tool === 'mcp') return readMcp(content, isError, readBlock)
  if (tool === 'web_search' && Array.isArray(content)) {
    const results = content.map(readHit)
    return results.every(hit => hit !== undefined) ? { type: 'search', results } : undefined
  }
  if (!isObject(content)) return undefined
  const f = new Fields(content)
  if (f.constant('type', `${tool}_tool_result_error`)) {
    const code = f.string('error_code')
    return code === undefined ? undefined : { type: 'error', code, extra: f.extra(DIALECT) }
  }
  if (f.constant('type', `${tool}_result`) && tool.endsWith('code_execution')) {
    const stdout = f.string('stdout')
    f.optional(...Object.keys(CODE_DEFAULTS))
    if (stdout === undefined) return undefined
    const [stderr, exitCode] = [f.string('stderr'), f.number('return_code')]
    return { type: 'code', stdout, stderr, exitCode, extra: f.extra(DIALECT) }
  }
  if (tool === 'web_fetch' && f.constant('type', 'web_fetch_result')) {
    const page = f.object('content')
    return page && { type: 'content', content: [readBlock(page, undefined)], extra: f.extra(DIALECT) }
  }
  if (tool === 'tool_search' && f.constant('type', 'tool_search_tool_search_result')) {
    const found = f.list('tool_references')?.map(value => readBlock(value, undefined))
    return found && { type: 'content', content: found, extra: f.extra(DIALECT) }
  }
  return undefined
}

function readMcp(content: unknown, isError: boolean | undefined, readBlock: ReadBlock): ServerToolOutput | undefined {
  if (typeof content === 'string') {
    const extra = { [DIALECT]: { shapes: { content: 'string' } } }
    return { type: 'content', content: [{ type: 'text', text: content }], isError, extra }
  }
  if (!Array.isArray(content)) return undefined
  return { type: 'content', content: content.map(value => readBlock(value, undefined)), isError }
}

function readHit(value: unknown): SearchHit | undefined {
  if (!isObject(value)) return undefined
  const f = new Fields(value)
  const url = f.string('url')
  if (!f.constant('type', 'web_search_result') || url === undefined) return undefined
  f.optional(...Object.keys(HIT_DEFAULTS))
  const [title, age, snippet] = [f.string('title'), f.string('page_age'), f.string('snippet')]
  return { url, title, age, snippet, extra: f.extra(DIALECT) }
}

/** What another provider's search has no counterpart to. */
const HIT_DEFAULTS = { encrypted_content: '', page_age: null, title: '' }

const CODE_DEFAULTS = { stderr: '', return_code: 0, content: [] }

function writeOutput(tool: string, output: ServerToolOutput, writeBlock: WriteBlock): unknown {
  switch (output.type) {
    case 'native':
      return output.dialect === DIALECT ? output.value : undefined
    case 'error':
      return restore({ type: `${tool}_tool_result_error`, error_code: output.code }, output.extra, DIALECT)
    case 'search':
      return output.results.map(({ url, title, age, snippet, extra }) =>
        restore({ type: 'web_search_result', url, title, page_age: age, snippet }, extra, DIALECT, HIT_DEFAULTS),
      )
    case 'code': {
      const { stdout, stderr, exitCode, extra } = output
      const written = { type: `${tool}_result`, stdout, stderr, return_code: exitCode }
      return restore(written, extra, DIALECT, CODE_DEFAULTS)
    }
    case 'content':
      return writeContent(tool, output, writeBlock)
  }
}

function writeContent(tool: string, output: ServerToolOutput & { type: 'content' }, writeBlock: WriteBlock): unknown {
  const blocks = output.content.map(writeBlock).filter(value => value !== undefined)
  if (tool === 'web_fetch') return restore({ type: 'web_fetch_result', content: blocks[0] }, output.extra, DIALECT)
  if (tool === 'tool_search') {
    return restore({ type: 'tool_search_tool_search_result', tool_references: blocks }, output.extra, DIALECT)
  }
  const [only] = output.content
  const isString = shapeOf(output.extra, DIALECT, 'content') === 'string' && output.content.length === 1
  return isString && only?.type === 'text' ? only.text : blocks
}
