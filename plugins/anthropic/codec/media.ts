import {
  type Block,
  type DocumentBlock,
  Fields,
  type ImageBlock,
  type JsonObject,
  type MediaSource,
  restore,
  shapeOf,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

/** Reads one block; passed in because documents hold blocks and blocks hold documents. */
export type ReadBlock = (value: unknown, at: string | undefined) => Block
/** Writes one block, or undefined for one that Messages cannot say (and that has been reported). */
export type WriteBlock = (block: Block) => unknown

/** Reads an `image` block. */
export function readImage(f: Fields, readBlock: ReadBlock): Omit<ImageBlock, 'extra'> | undefined {
  const source = readSource(f, readBlock)
  return source && { type: 'image', source }
}

/** Reads a `document` block. */
export function readDocument(f: Fields, readBlock: ReadBlock): Omit<DocumentBlock, 'extra'> | undefined {
  const source = readSource(f, readBlock)
  if (!source) return undefined
  const isCitable = f.nested('citations')?.boolean('enabled')
  return { type: 'document', source, title: f.string('title'), context: f.string('context'), isCitable }
}

/** Reads a `search_result` block: a document with the place it was found. */
export function readSearchResult(f: Fields, readBlock: ReadBlock): Omit<DocumentBlock, 'extra'> | undefined {
  const [searchSource, content] = [f.string('source'), f.list('content')]
  if (searchSource === undefined || content === undefined) return undefined
  const source: MediaSource = { type: 'blocks', content: content.map(value => readBlock(value, undefined)) }
  const isCitable = f.nested('citations')?.boolean('enabled')
  return { type: 'document', source, searchSource, title: f.string('title'), isCitable }
}

/** Writes an image's or a document's fields. Undefined where Messages has no such source. */
export function writeMedia(block: ImageBlock | DocumentBlock, writeBlock: WriteBlock): JsonObject | undefined {
  if (block.type === 'image') {
    const source = writeSource(block.source, writeBlock)
    return source && { type: 'image', source }
  }
  const citations = block.isCitable === undefined ? undefined : { enabled: block.isCitable }
  const title = block.title ?? block.filename
  if (block.searchSource !== undefined && block.source.type === 'blocks') {
    const content = block.source.content.map(writeBlock).filter(value => value !== undefined)
    return { type: 'search_result', source: block.searchSource, title, content, citations }
  }
  const source = writeSource(block.source, writeBlock)
  return source && { type: 'document', source, title, context: block.context, citations }
}

function readSource(f: Fields, readBlock: ReadBlock): MediaSource | undefined {
  const native = f.object('source')
  const s = native && new Fields(native)
  const type = s?.string('type')
  const known = s && type !== undefined ? READERS[type]?.(s, readBlock) : undefined
  return known && { ...known, extra: s?.extra(DIALECT) }
}

const READERS: Readonly<Record<string, (s: Fields, readBlock: ReadBlock) => MediaSource | undefined>> = {
  base64(s) {
    const [mediaType, data] = [s.string('media_type'), s.string('data')]
    return mediaType === undefined || data === undefined ? undefined : { type: 'base64', mediaType, data }
  },
  url(s) {
    const url = s.string('url')
    return url === undefined ? undefined : { type: 'url', url }
  },
  file(s) {
    const fileId = s.string('file_id')
    return fileId === undefined ? undefined : { type: 'file', fileId }
  },
  text(s) {
    const text = s.string('data')
    s.optional('media_type')
    return text === undefined ? undefined : { type: 'text', text, mediaType: s.string('media_type') }
  },
  content(s, readBlock) {
    const text = s.string('content')
    if (text !== undefined) {
      s.shape('content', 'string')
      return { type: 'blocks', content: [{ type: 'text', text }] }
    }
    const content = s.list('content')
    return content && { type: 'blocks', content: content.map(value => readBlock(value, undefined)) }
  },
}

function writeSource(source: MediaSource, writeBlock: WriteBlock): JsonObject {
  const defaults = source.type === 'text' ? { media_type: 'text/plain' } : undefined
  return restore(sourceFields(source, writeBlock), source.extra, DIALECT, defaults)
}

function sourceFields(source: MediaSource, writeBlock: WriteBlock): JsonObject {
  switch (source.type) {
    case 'base64':
      return { type: 'base64', media_type: source.mediaType, data: source.data }
    case 'url':
      return { type: 'url', url: source.url }
    case 'file':
      return { type: 'file', file_id: source.fileId }
    case 'text':
      return { type: 'text', media_type: source.mediaType, data: source.text }
    case 'blocks': {
      const [only] = source.content
      const isString = shapeOf(source.extra, DIALECT, 'content') === 'string' && source.content.length === 1
      if (isString && only?.type === 'text') return { type: 'content', content: only.text }
      return { type: 'content', content: source.content.map(writeBlock).filter(value => value !== undefined) }
    }
  }
}
