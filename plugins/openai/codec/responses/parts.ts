import { type Block, type CacheMark, Fields, isObject, type JsonObject, restore, shapeOf } from 'lunaroute/neutral'
import { readAnnotation, writeAnnotation } from './annotations.ts'
import { readLogprobs, writeLogprobs } from './logprobs.ts'
import { MEDIA_READERS, writeMedia } from './media.ts'
import { DIALECT, ITEM } from './name.ts'

/** Which way a part goes: the client's words are `input_text`, the model's are `output_text`. */
export type Side = 'input' | 'output'

const OUTPUT_DEFAULTS = { annotations: [], logprobs: [] }

/** Reads `content` or `output`: a string, or a list of parts. Undefined when it is neither. */
export function readContent(f: Fields, key: string, side: Side, at: string | undefined): Block[] | undefined {
  const text = f.string(key)
  if (text !== undefined) return [{ type: 'text', text, at: join(at, `.${key}`) }]
  const parts = f.list(key)
  if (parts) f.shape(key, 'list')
  return parts?.map((value, i) => readPart(value, side, join(at, `.${key}[${i}]`)))
}

/** Content in the shape it had: a list if it was one or one plain text does not say it all. */
export function writeContent(parts: readonly unknown[], shape: string | undefined): unknown {
  const [only] = parts
  if (only === undefined) return shape === 'list' ? [] : undefined
  const isPlain = parts.length === 1 && isObject(only) && only.type === 'input_text' && Object.keys(only).length === 2
  return isPlain && shape !== 'list' ? only.text : parts
}

/** Reads one content part. `item` is set on the first part of an assistant's message item, and kept along with it. */
export function readPart(value: unknown, side: Side, at: string | undefined, item?: JsonObject): Block {
  if (!isObject(value) || Object.hasOwn(value, ITEM)) return nativePart(value, at, item)
  const f = new Fields(item ? { ...value, [ITEM]: item } : value)
  const type = f.string('type')
  const block = type !== undefined && Object.hasOwn(READERS, type) ? READERS[type]!(f, side) : undefined
  if (!block) return nativePart(value, at, item)
  const id = readHead(f, item)
  return { ...block, id, cacheMark: readCacheMark(f), at, extra: f.extra(DIALECT) } as Block
}

/** Notes how a message item is to be written, and returns its id. */
export function readHead(f: Fields, item: JsonObject | undefined): string | undefined {
  const head = item && f.nested(ITEM)
  if (!head) return undefined
  f.shape('item', 'new')
  head.constant('type', 'message')
  head.constant('role', 'assistant')
  head.constant('status', 'completed')
  head.optional('type', 'role', 'status')
  return head.string('id')
}

/** A written part, and the head of its item if it is the first one. */
export interface WrittenPart {
  readonly part: unknown
  readonly item?: JsonObject | undefined
}

/** Writes a block that stands among the parts of a message, or undefined for one that cannot. */
export function writePart(block: Block, side: Side, isOwn: boolean, item?: JsonObject): WrittenPart | undefined {
  const head = item && { [ITEM]: item }
  if (block.type === 'native') {
    if (block.dialect !== DIALECT) return undefined
    return {
      part: block.value,
      item: restore({ ...head }, block.extra, DIALECT, headDefaults(item))[ITEM] as JsonObject,
    }
  }
  const plain = writePlain(block, side, isOwn)
  if (plain === undefined) return undefined
  const defaults = { ...(plain.type === 'output_text' && OUTPUT_DEFAULTS), ...headDefaults(item) }
  const written = { ...plain, ...writeCacheMark(block.cacheMark, isOwn), ...head }
  const { [ITEM]: whole, ...part } = restore(written, block.extra, DIALECT, defaults)
  return { part, item: whole as JsonObject | undefined }
}

/** What an item of the model has beside its words. */
function headDefaults(item: JsonObject | undefined): JsonObject {
  return item ? { [`${ITEM}.type`]: 'message', [`${ITEM}.role`]: 'assistant', [`${ITEM}.status`]: 'completed' } : {}
}

const READERS: Readonly<Record<string, (f: Fields, side: Side) => object | undefined>> = {
  ...MEDIA_READERS,
  input_text: (f, side) => readText(f, side, 'input_text'),
  output_text: (f, side) => readText(f, side, 'output_text'),
  text: (f, side) => readText(f, side, 'text'),
  refusal(f) {
    const text = f.string('refusal')
    return text === undefined ? undefined : { type: 'refusal', text }
  },
}

function readText(f: Fields, side: Side, type: string): object | undefined {
  const text = f.string('text')
  if (text === undefined) return undefined
  if (type !== `${side}_text`) f.shape('type', type)
  if (type === 'output_text') f.optional(...Object.keys(OUTPUT_DEFAULTS))
  return { type: 'text', text, citations: f.list('annotations')?.map(readAnnotation), logprobs: readLogprobs(f) }
}

function writePlain(block: Block, side: Side, isOwn: boolean): JsonObject | undefined {
  switch (block.type) {
    case 'text': {
      const { text, citations, logprobs, extra } = block
      const type = shapeOf(extra, DIALECT, 'type') ?? `${side}_text`
      if (type === 'input_text' && !isOwn) return { type, text }
      const annotations = citations?.map(one => writeAnnotation(one, text.length)).filter(one => one !== undefined)
      return {
        type,
        text,
        ...(annotations && { annotations }),
        ...(logprobs && { logprobs: writeLogprobs(logprobs, isOwn) }),
      }
    }
    case 'refusal':
      return { type: 'refusal', refusal: block.text }
    case 'toolReference':
      return { type: 'input_text', text: block.name }
    default:
      return writeMedia(block, isOwn)
  }
}

function nativePart(value: unknown, at: string | undefined, item: JsonObject | undefined): Block {
  const f = new Fields(item ? { [ITEM]: item } : {})
  f.shape('in', 'content')
  const id = readHead(f, item)
  return { type: 'native', dialect: DIALECT, value, id, at, extra: f.extra(DIALECT) }
}

/** A prompt cache breakpoint. */
function readCacheMark(f: Fields): CacheMark | undefined {
  const native = f.object('prompt_cache_breakpoint')
  const mark = native && new Fields(native)
  if (mark?.constant('mode', 'explicit')) return { ttl: mark.string('ttl'), extra: mark.extra(DIALECT) }
  return f.leave('prompt_cache_breakpoint')
}

/** Writes a breakpoint as a field of a part. */
export function writeCacheMark(mark: CacheMark | undefined, isOwn: boolean): JsonObject | undefined {
  // Messages' five minutes and hour are not among the lifetimes here; the mark stays and the lifetime is the default.
  const ttl = isOwn ? mark?.ttl : undefined
  return mark && { prompt_cache_breakpoint: restore({ mode: 'explicit', ttl }, mark.extra, DIALECT) }
}

function join(at: string | undefined, path: string): string | undefined {
  return at === undefined ? undefined : `${at}${path}`
}
