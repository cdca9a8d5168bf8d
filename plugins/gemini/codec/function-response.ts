import {
  type Block,
  Fields,
  isObject,
  type JsonObject,
  restore,
  shapeOf,
  type TextBlock,
  type ToolResultBlock,
} from 'lunaroute/neutral'
import type { CallIds } from './call-ids.ts'
import { type Media, readFileData, readInlineData } from './media.ts'
import { DIALECT } from './name.ts'

type Plain = Omit<ToolResultBlock, 'extra' | 'at' | 'state'>

/**
 * Reads a `functionResponse`. A response that is nothing but a text under `output` or `error` is that text: by Google's
 * convention these two keys are what the tool said. Any other object is its JSON.
 */
export function readFunctionResponse(f: Fields, ids: CallIds, at: string | undefined): Plain | undefined {
  const r = f.nested('functionResponse', 'function_response')
  const [name, response] = [r?.string('name'), r?.object('response')]
  if (!r || name === undefined || response === undefined) return undefined
  const parts = r.list('parts')
  const id = r.peek('id') === '' ? undefined : r.string('id')
  r.optional('id')
  const [key, ...others] = Object.keys(response)
  const said = others.length === 0 && (key === 'output' || key === 'error') ? response[key] : undefined
  if (typeof said === 'string') r.shape('response', key!)
  const text = typeof said === 'string' ? said : JSON.stringify(response)
  if (parts?.length === 0) r.leave('parts')
  return {
    type: 'toolResult',
    callId: ids.result(id, name),
    name,
    content: [
      { type: 'text', text, at },
      ...(parts ?? []).map((part, i) => readPart(part, at && `${at}.functionResponse.parts[${i}]`)),
    ],
    isError: Object.hasOwn(response, 'error') ? true : undefined,
  }
}

/** Writes one. `parts` are those of the result's content that Gemini takes inside. */
export function writeFunctionResponse(block: ToolResultBlock, name: string, parts: readonly unknown[]): JsonObject {
  const text = block.content
    .filter(isText)
    .map(({ text }) => text)
    .join('\n')
  const response = responseOf(text, shapeOf(block.extra, DIALECT, 'response'), block.isError === true)
  return { functionResponse: { name, response, parts: parts.length > 0 ? parts : undefined } }
}

function responseOf(text: string, shape: string | undefined, isError: boolean): JsonObject {
  if (shape !== undefined) return { [shape]: text }
  const object = parse(text)
  const isPlain = object !== undefined && JSON.stringify(object) === text
  if (isError) return isPlain && Object.hasOwn(object, 'error') ? object : { error: text }
  // An object that a reader would take for the convention is wrapped, so that it comes back as the text it is.
  const isConvention = object && Object.keys(object).length === 1 && typeof (object.output ?? object.error) === 'string'
  return isPlain && !isConvention ? object : { output: text }
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function readPart(value: unknown, at: string | undefined): Block {
  const native: Block = { type: 'native', dialect: DIALECT, value, at }
  if (!isObject(value)) return native
  const f = new Fields(value)
  const block = readInlineData(f) ?? readFileData(f)
  return block ? { ...block, at, extra: f.extra(DIALECT) } : native
}

/** Whether a block of a result is part of what the tool said in words. */
export function isText(block: Block): block is TextBlock {
  return block.type === 'text'
}

/** Writes a part inside a `functionResponse`. */
export function writeInnerPart(block: Media, written: JsonObject): JsonObject {
  return restore(written, block.extra, DIALECT)
}
