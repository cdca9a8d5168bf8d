import { type Block, Fields, isObject, type JsonObject } from 'lunaroute/neutral'
import { CALL_READERS } from './calls.ts'
import { readHosted } from './hosted.ts'
import { DIALECT } from './name.ts'
import { readHead, readPart } from './parts.ts'
import { readCompaction, readReasoningItem } from './reasoning.ts'

const READERS: Readonly<Record<string, (f: Fields) => object | undefined>> = {
  ...CALL_READERS,
  reasoning: readReasoningItem,
  compaction: readCompaction,
}

/** Reads an item of the model's side that is no message, or undefined for one that is not known as such. */
export function readModelItem(item: JsonObject, at: string | undefined): Block[] | undefined {
  const { type } = item
  if (typeof type !== 'string') return undefined
  if (!Object.hasOwn(READERS, type)) return readHosted(item, at)
  const f = new Fields(item)
  f.string('type')
  const block = READERS[type]!(f)
  return block && [{ ...block, at, extra: f.extra(DIALECT) } as Block]
}

/** Reads a message item of the model. Every part is a block; the first one holds the item. */
export function readAssistantItem(item: JsonObject, at: string | undefined): Block[] {
  const { content, ...head } = item
  if (typeof content === 'string') return [readStringItem(head, content, at)]
  if (!Array.isArray(content) || content.length === 0) return [nativeItem(item, at)]
  return content.map((part, i) => {
    const path = at === undefined ? undefined : `${at}.content[${i}]`
    const block = readPart(part, 'output', path, i === 0 ? head : undefined)
    return i === 0 ? block : goesOn(block)
  })
}

/** Reads an item of an answer. One that is not known is a native block. */
export function readOutputItem(value: unknown): Block[] {
  if (!isObject(value)) return [nativeItem(value, undefined)]
  if (value.type === 'message') return readAssistantItem(value, undefined)
  return readModelItem(value, undefined) ?? [nativeItem(value, undefined)]
}

/** An item that nothing is known of, whole. */
function nativeItem(value: unknown, at: string | undefined): Block {
  return { type: 'native', dialect: DIALECT, value, at }
}

function readStringItem(head: JsonObject, text: string, at: string | undefined): Block {
  const f = new Fields({ '@item': head })
  f.shape('content', 'string')
  const id = readHead(f, head)
  return { type: 'text', text, id, at: at === undefined ? undefined : `${at}.content`, extra: f.extra(DIALECT) }
}

function goesOn(block: Block): Block {
  const own = block.extra?.[DIALECT]
  return { ...block, extra: { [DIALECT]: { ...own, shapes: { ...own?.shapes, item: 'same' } } } }
}
