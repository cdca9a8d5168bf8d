import {
  type AudioBlock,
  type DocumentBlock,
  type Fields,
  type ImageBlock,
  type JsonObject,
  type MediaSource,
  shapeOf,
  type VideoBlock,
} from 'lunaroute/neutral'
import { readAudio, readUrl, writeAudio, writeUrl } from '../shared/media.ts'
import { DIALECT } from './name.ts'

type Media = ImageBlock | DocumentBlock | AudioBlock | VideoBlock
type Plain<B> = B extends Media ? Omit<B, 'extra' | 'at' | 'cacheMark'> : never

/** Readers of content parts that hold media, by their type; vendors' own `video_url` and `document_url` included. */
export const MEDIA_READERS: Readonly<Record<string, (f: Fields) => Plain<Media> | undefined>> = {
  image_url(f) {
    const bare = f.string('image_url')
    if (bare !== undefined) f.shape('image_url', 'string')
    const image = bare === undefined ? f.nested('image_url') : undefined
    const url = bare ?? image?.string('url')
    return url === undefined ? undefined : { type: 'image', source: readUrl(url), detail: image?.string('detail') }
  },
  file(f) {
    const file = f.nested('file')
    const url = file?.string('file_data')
    const fileId = url === undefined ? file?.string('file_id') : undefined
    const source: MediaSource | undefined =
      url !== undefined ? readUrl(url) : fileId === undefined ? undefined : { type: 'file', fileId }
    if (!source || source.type === 'url') return undefined
    return { type: 'document', source, filename: file?.string('filename') }
  },
  input_audio: readAudio,
  video_url(f) {
    const url = f.nested('video_url')?.string('url')
    return url === undefined ? undefined : { type: 'video', source: readUrl(url) }
  },
  document_url(f) {
    const url = f.string('document_url')
    f.shape('type', 'document_url')
    return url === undefined ? undefined : { type: 'document', source: readUrl(url) }
  },
}

/** Writes a part that holds media, or undefined where Chat has no such part. */
export function writeMedia(block: Media, isOwn: boolean): JsonObject | undefined {
  const { source } = block
  const url = source && writeUrl(source)
  switch (block.type) {
    case 'image': {
      if (url === undefined) return undefined
      const isBare = shapeOf(block.extra, DIALECT, 'image_url') === 'string' && block.detail === undefined
      return { type: 'image_url', image_url: isBare ? url : { url, detail: block.detail } }
    }
    case 'document':
      return writeDocument(block, url, isOwn)
    case 'audio':
      return writeAudio(block, DIALECT)
    case 'video':
      return url !== undefined && isOwn ? { type: 'video_url', video_url: { url } } : undefined
  }
}

function writeDocument(block: DocumentBlock, url: string | undefined, isOwn: boolean): JsonObject | undefined {
  const { source, filename, title, extra } = block
  if (shapeOf(extra, DIALECT, 'type') === 'document_url') return { type: 'document_url', document_url: url }
  if (source.type === 'text') return { type: 'text', text: source.text }
  if (source.type === 'file') return { type: 'file', file: { file_id: source.fileId, filename } }
  if (source.type !== 'base64') return undefined
  return { type: 'file', file: { file_data: url, filename: isOwn ? filename : (filename ?? title ?? 'document.pdf') } }
}
