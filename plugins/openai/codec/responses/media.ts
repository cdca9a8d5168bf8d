import { type Block, type Fields, type JsonObject, type MediaSource, shapeOf } from 'lunaroute/neutral'
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
  input_audio(f) {
    const audio = f.nested('input_audio')
    const [data, format] = [audio?.string('data'), audio?.string('format')]
    if (data === undefined || format === undefined) return undefined
    if (formatOf(`audio/${format}`) !== format) f.shape('format', format)
    const mediaType = format === 'mp3' ? 'audio/mpeg' : `audio/${format}`
    return { type: 'audio', source: { type: 'base64', mediaType, data } }
  },
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
    case 'audio': {
      // The reference has no audio; servers that take it are spoken to by their own clients.
      if (block.source?.type !== 'base64' || !isOwn) return undefined
      const format = shapeOf(block.extra, DIALECT, 'format') ?? formatOf(block.source.mediaType)
      return { type: 'input_audio', input_audio: { data: block.source.data, format } }
    }
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

/** A `data:` URL in base64 as its bytes; any other URL as it is. */
function readUrl(url: string): MediaSource {
  const comma = url.startsWith('data:') ? url.indexOf(',') : -1
  const head = url.slice('data:'.length, Math.max(comma, 0))
  const mediaType = head.slice(0, -';base64'.length)
  if (!head.endsWith(';base64') || mediaType === '' || mediaType.includes(';')) return { type: 'url', url }
  return { type: 'base64', mediaType, data: url.slice(comma + 1) }
}

function writeUrl(source: MediaSource): string | undefined {
  if (source.type === 'url') return source.url
  return source.type === 'base64' ? `data:${source.mediaType};base64,${source.data}` : undefined
}

function formatOf(mediaType: string): string {
  const format = mediaType.slice(mediaType.indexOf('/') + 1)
  return format === 'mpeg' ? 'mp3' : format.replace(/^x-/, '')
}
