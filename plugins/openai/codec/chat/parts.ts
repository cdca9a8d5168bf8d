import { type Block, type CacheMark, Fields, isObject, type JsonObject, restore, shapeOf } from 'lunaroute/neutral'
import { MEDIA_READERS, writeMedia } from './media.ts'
import { DIALECT, standsIn } from './name.ts'

/** Reads `content`, a string or parts. Undefined when it is neither; then it stays in the remainder. */
export function readContent(f: Fields, at: string): Block[] | undefined {
  const text = f.string('content')
  if (text !== undefined) return [{ type: 'text', text, at: `${at}.content` }]
  const parts = f.list('content')
  if (parts) f.shape('content', 'list')
  return parts?.map((value, i) => readPart(value, `${at}.content[${i}]`))
}

/** Content in the shape it had: parts if it was a list or one plain text does not say it all. */
export function writeContent(parts: readonly JsonObject[], shape: string | undefined): unknown {
  const [only] = parts
  if (only === undefined) return shape === 'list' ? [] : undefined
  const isPlain = parts.length === 1 && isObject(only) && only.type === 'text' && Object.keys(only).length === 2
  return isPlain && shape !== 'list' ? only.text : parts
}

/** Writes a block that stands among the parts of a message, or undefined for one that cannot. */
export function writePart(block: Block, isOwn: boolean): JsonObject | undefined {
  if (block.type === 'native') return block.dialect === DIALECT ? (block.value as JsonObject) : undefined
  const written = writePlain(block, isOwn)
  if (written === undefined) return undefined
  const mark = writeCacheMark(block.cacheMark)
  return restore(mark ? { ...written, ...mark } : written, block.extra, DIALECT)
}

function readPart(value: unknown, at: string): Block {
  const native: Block = { type: 'native', dialect: DIALECT, value, at, extra: standsIn('content') }
  if (!isObject(value)) return native
  const f = new Fields(value)
  const type = f.string('type')
  const reader = type !== undefined && Object.hasOwn(READERS, type) ? READERS[type] : undefined
  const block = reader?.(f)
  if (!block) return native
  return { ...block, cacheMark: readCacheMark(f), at, extra: f.extra(DIALECT) } as Block
}

const READERS: Readonly<Record<string, (f: Fields) => object | undefined>> = {
  ...MEDIA_READERS,
  text(f) {
    const text = f.string('text')
    return text === undefined ? undefined : { type: 'text', text }
  },
  refusal(f) {
    const text = f.string('refusal')
    f.shape('in', 'content')
    return text === undefined ? undefined : { type: 'refusal', text }
  },
  // Mistral's reasoning stands among the parts, itself a list of texts.
  thinking(f) {
    const parts = f.list('thinking')?.map(readThought)
    f.shape('in', 'content')
    return parts?.every(part => part !== undefined) ? { type: 'reasoning', parts } : undefined
  },
}

function readThought(value: unknown) {
  if (!isObject(value)) return undefined
  const f = new Fields(value)
  const text = f.string('text')
  return f.constant('type', 'text') && text !== undefined ? { kind: 'text', text, extra: f.extra(DIALECT) } : undefined
}

function writePlain(block: Exclude<Block, { type: 'native' }>, isOwn: boolean): JsonObject | undefined {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text }
    case 'refusal':
      return { type: 'refusal', refusal: block.text }
    case 'reasoning': {
      const thinking = block.parts.map(({ text, extra }) => restore({ type: 'text', text }, extra, DIALECT))
      return { type: 'thinking', thinking }
    }
    case 'image':
    case 'document':
    case 'audio':
    case 'video':
      return writeMedia(block, isOwn)
    default:
      return undefined
  }
}

/** A breakpoint: OpenAI's `prompt_cache_breakpoint`, or the `cache_control` that OpenRouter took from Messages. */
export function readCacheMark(f: Fields): CacheMark | undefined {
  for (const [key, kind, word] of [
    ['prompt_cache_breakpoint', 'mode', 'explicit'],
    ['cache_control', 'type', 'ephemeral'],
  ] as const) {
    const native = f.object(key)
    const mark = native && new Fields(native)
    if (mark?.constant(kind, word)) {
      if (key === 'cache_control') mark.shape('key', key)
      return { ttl: mark.string('ttl'), extra: mark.extra(DIALECT) }
    }
    f.leave(key)
  }
  return undefined
}

/** Writes a breakpoint as a field of what it stands on. */
export function writeCacheMark(mark: CacheMark | undefined): JsonObject | undefined {
  if (!mark) return undefined
  const { ttl, extra } = mark
  if (shapeOf(extra, DIALECT, 'key') === 'cache_control') {
    return { cache_control: restore({ type: 'ephemeral', ttl }, extra, DIALECT) }
  }
  return { prompt_cache_breakpoint: restore({ mode: 'explicit', ttl }, extra, DIALECT) }
}
