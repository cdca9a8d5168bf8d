import {
  type Block,
  Fields,
  isObject,
  type JsonObject,
  restore,
  type ServerToolCallBlock,
  type ServerToolOutput,
  type ServerToolResultBlock,
} from 'lunaroute/neutral'
import { parse } from './calls.ts'
import { DIALECT } from './name.ts'
import type { WriteContext } from './write-context.ts'

/** An item in which the provider ran a tool by itself: the call, and in the same item its result. */
interface Hosted {
  readonly type: string
  readonly prefix: string
  readInput(f: Fields): string
  writeInput(call: ServerToolCallBlock): JsonObject
  /** What Responses requires and foreign calls may lack. */
  readonly required?: JsonObject
  readOutput(f: Fields): ServerToolOutput | undefined
  writeOutput(output: ServerToolOutput, input: JsonObject): JsonObject
}

const HOSTED: Readonly<Record<string, Hosted>> = {
  web_search: {
    type: 'web_search_call',
    prefix: 'ws_',
    readInput: f => text(f.object('action')),
    writeInput: ({ input }) => (input === '' ? {} : { action: asObject(parse(input)) }),
    required: { 'action.type': 'search', 'action.query': '' },
    readOutput: () => undefined,
    writeOutput(output, { action }) {
      if (output.type !== 'search') return {}
      const sources = output.results.map(({ url }) => ({ type: 'url', url }))
      return { action: { ...asObject(action), sources } }
    },
  },
  file_search: {
    type: 'file_search_call',
    prefix: 'fs_',
    readInput: f => text(f.strings('queries'), 'queries'),
    writeInput: ({ input }) => pick(parse(input), 'queries'),
    required: { queries: [], results: null },
    readOutput: f => nativeOutput(f.list('results')),
    writeOutput: output => (output.type === 'native' && output.dialect === DIALECT ? { results: output.value } : {}),
  },
  code_execution: {
    type: 'code_interpreter_call',
    prefix: 'ci_',
    readInput: f => text(f.string('code'), 'code'),
    writeInput: ({ input }) => pick(parse(input), 'code'),
    required: { code: null, container_id: '', outputs: null },
    readOutput(f) {
      const outputs = f.list('outputs')
      const [only] = outputs ?? []
      const isLog = outputs?.length === 1 && isObject(only) && only.type === 'logs' && Object.keys(only).length === 2
      if (isLog && typeof only.logs === 'string') return { type: 'code', stdout: only.logs }
      return nativeOutput(outputs)
    },
    writeOutput(output) {
      if (output.type === 'native' && output.dialect === DIALECT) return { outputs: output.value }
      const logs =
        output.type === 'code'
          ? output.stdout + (output.stderr ?? '')
          : output.type === 'native'
            ? JSON.stringify(output.value)
            : undefined
      return logs === undefined ? {} : { outputs: [{ type: 'logs', logs }] }
    },
  },
  image_generation: {
    type: 'image_generation_call',
    prefix: 'ig_',
    readInput: () => '',
    writeInput: () => ({}),
    required: { result: null },
    readOutput(f) {
      const format = f.peek('output_format')
      const data = f.string('result')
      if (data === undefined) return undefined
      const mediaType = `image/${typeof format === 'string' ? format : 'png'}`
      return { type: 'content', content: [{ type: 'image', source: { type: 'base64', mediaType, data } }] }
    },
    writeOutput(output) {
      const image = output.type === 'content' ? output.content.find(block => block.type === 'image') : undefined
      return image?.type === 'image' && image.source.type === 'base64' ? { result: image.source.data } : {}
    },
  },
  mcp: {
    type: 'mcp_call',
    prefix: 'mcp_',
    readInput: f => f.string('arguments') ?? '',
    writeInput: ({ name, server, input }) => ({ name, server_label: server, arguments: input }),
    required: { server_label: '' },
    readOutput(f) {
      const words = f.string('output')
      if (words !== undefined) return { type: 'content', content: [{ type: 'text', text: words }] }
      const error = f.string('error')
      return error === undefined
        ? undefined
        : { type: 'content', content: [{ type: 'text', text: error }], isError: true }
    },
    writeOutput(output) {
      if (output.type === 'error') return { error: output.code }
      if (output.type !== 'content') return {}
      const words = output.content.map(block => (block.type === 'text' ? block.text : '')).join('')
      return output.isError ? { error: words } : { output: words }
    },
  },
}

const KINDS = Object.keys(HOSTED)

/** Reads an item of a provider-run tool as a call and its result, or undefined for any other item. */
export function readHosted(item: JsonObject, at: string | undefined): Block[] | undefined {
  const kind = KINDS.find(kind => HOSTED[kind]!.type === item.type)
  if (kind === undefined) return undefined
  const { readInput, readOutput } = HOSTED[kind]!
  const f = new Fields(item)
  f.string('type')
  const id = f.string('id')
  const isMcp = kind === 'mcp'
  const name = isMcp ? f.string('name') : kind
  const server = isMcp ? f.string('server_label') : undefined
  const hasInput = !isMcp || f.string('arguments') !== undefined
  if (id === undefined || name === undefined || !hasInput || (isMcp && server === undefined)) return undefined
  f.optional('status')
  const input = readInput(f)
  const output = readOutput(f)
  const status = f.string('status')
  const call: ServerToolCallBlock = { type: 'serverToolCall', callId: id, id, kind, name, server, input, status, at }
  const blocks: Block[] = [{ ...call, extra: f.extra(DIALECT) }]
  if (output) blocks.push({ type: 'serverToolResult', callId: id, kind, output, at })
  return blocks
}

/** Writes a call and its result as one item, or undefined for a tool that Responses does not have. */
export function writeHosted(
  call: ServerToolCallBlock,
  result: ServerToolResultBlock | undefined,
  { isOwn, diagnostics }: WriteContext,
): JsonObject | undefined {
  if (!Object.hasOwn(HOSTED, call.kind)) return undefined
  const { type, prefix, writeInput, writeOutput, required } = HOSTED[call.kind]!
  const id = isOwn || call.callId.startsWith(prefix) ? call.callId : `${prefix}${call.callId}`
  const input = writeInput(call)
  const output = result && writeOutput(result.output, input)
  if (!isOwn && result && Object.keys(output ?? {}).length === 0) {
    diagnostics.dropped(result.at ?? 'messages', `responses has no results of ${call.kind}`)
  }
  const written = { type, id, ...input, ...output, status: call.status }
  const status = type === 'mcp_call' ? undefined : { status: 'completed' }
  return restore(written, call.extra, DIALECT, isOwn ? status : { ...required, ...status })
}

function nativeOutput(value: readonly unknown[] | undefined): ServerToolOutput | undefined {
  return value && { type: 'native', dialect: DIALECT, value }
}

/** A field's value as JSON text, under its key where it is not an object by itself. */
function text(value: unknown, key?: string): string {
  if (value === undefined) return ''
  return JSON.stringify(key === undefined ? value : { [key]: value })
}

function pick(value: unknown, key: string): JsonObject {
  return isObject(value) && value[key] !== undefined ? { [key]: value[key] } : {}
}

function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}
