import { type Block, type Fields, type JsonObject, type MediaSource, shapeOf } from 'lunaroute/neutral'
import { readAudio, readUrl, writeAudio, writeUrl } from '../shared/media.ts'
import { DIALECT } from './name.ts'

/** Readers of content parts that hold media, by their type. */
export const MEDIA_READERS: Readonly<Record<string, (f: Fields) => object | undefined>> = {
  input_image(f) {
    const source = readImage(f)
    return source && { type: 'image', source, detail: f.string('detail') }
  },
  computer_screenshot(f) {
    f.shape('type', 'computer_screenshot')
    const source = readImage(f)
    return source && { type: 'image', source, detail: f.string('detail') }
  },
  input_file(f) {
    const source = readFile(f)
    return source && { type: 'document', source, filename: f.string('filename') }
  },
  input_audio: readAudio,
}

/** Writes a part that holds media, or undefined where Responses has no such part. */
export function writeMedia(block: Block, isOwn: boolean): JsonObject | undefined {
  switch (block.type) {
    case 'image': {
      const { source, detail, extra } = block
      const type = shapeOf(extra, DIALECT, 'type') ?? 'input_image'
      if (source.type === 'file') return { type, file_id: source.fileId, detail }
      const image_url = writeUrl(source)
      return image_url === undefined ? undefined : { type, image_url, detail }
    }
    case 'document': {
      const { source, extra } = block
      const filename = block.filename ?? (isOwn ? undefined : (block.title ?? 'document.pdf'))
      if (source.type === 'file') return { type: 'input_file', file_id: source.fileId, filename: block.filename }
      if (source.type === 'url') return { type: 'input_file', file_url: source.url, filename: block.filename }
      if (source.type === 'text') return { type: 'input_text', text: source.text }
      if (source.type !== 'base64') return undefined
      const isBare = shapeOf(extra, DIALECT, 'file_data') === 'bare'
      return { type: 'input_file', file_data: isBare ? source.data : writeUrl(source), filename }
    }
    case 'audio':
      // The reference has no audio; servers that take it are spoken to by their own clients.
      return isOwn ? writeAudio(block, DIALECT) : undefined
    default:
      return undefined
  }
}

function readImage(f: Fields): MediaSource | undefined {
  const url = f.string('image_url')
  if (url !== undefined) return readUrl(url)
  const fileId = f.string('file_id')
  return fileId === undefined ? undefined : { type: 'file', fileId }
}

function readFile(f: Fields): MediaSource | undefined {
  const data = f.string('file_data')
  if (data !== undefined) {
    const source = readUrl(data)
    if (source.type === 'base64') return source
    if (data.startsWith('data:')) return undefined
    // The reference allows the bare bytes and does not say of what; files without a type are PDFs in practice.
    f.shape('file_data', 'bare')
    return { type: 'base64', mediaType: 'application/pdf', data }
  }
  const url = f.string('file_url')
  if (url !== undefined) return { type: 'url', url }
  const fileId = f.string('file_id')
  return fileId === undefined ? undefined : { type: 'file', fileId }
}
