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
import { readBase64, writeBase64 } from './base64.ts'
import { DIALECT } from './name.ts'

/** A block with bytes of its own or elsewhere. */
export type Media = ImageBlock | DocumentBlock | AudioBlock | VideoBlock
type Plain<B> = B extends Media ? Omit<B, 'extra' | 'at' | 'cacheMark' | 'state'> : never

const OWN_FILE = /^(?:gs:|files\/|https:\/\/[^/]*\bgoogleapis\.com\/)/
/** What a URL's ending says of its type. */
const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  pdf: 'application/pdf',
  txt: 'text/plain',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  mp4: 'video/mp4',
  webm: 'video/webm',
}

/** Reads `inlineData`. */
export function readInlineData(f: Fields): Plain<Media> | undefined {
  const blob = f.nested('inlineData', 'inline_data')
  const [mediaType, data] = [blob?.string('mimeType', 'mime_type'), blob?.string('data')]
  if (!blob || mediaType === undefined || data === undefined) return undefined
  const standard = readBase64(data, blob)
  const text = mediaType.startsWith('text/') ? textOf(standard) : undefined
  if (text === undefined) return blockOf({ type: 'base64', mediaType, data: standard }, mediaType, blob)
  blob.shape('text', 'inlineData')
  return blockOf({ type: 'text', text, mediaType }, mediaType, blob)
}

/** Reads `fileData`: a file of the provider's, or one that it shall fetch. */
export function readFileData(f: Fields): Plain<Media> | undefined {
  const file = f.nested('fileData', 'file_data')
  const [uri, mediaType] = [file?.string('fileUri', 'file_uri'), file?.string('mimeType', 'mime_type')]
  if (!file || uri === undefined) return undefined
  const isUrl = /^https?:/.test(uri) && !OWN_FILE.test(uri)
  const source: MediaSource = isUrl ? { type: 'url', url: uri, mediaType } : { type: 'file', fileId: uri, mediaType }
  return blockOf(source, mediaType ?? typeOfUrl(uri), file)
}

/** Writes a part that holds media, or undefined where Gemini has none for this source. */
export function writeMedia(block: Media, isOwn: boolean): JsonObject | undefined {
  const { source } = block
  const displayName = block.type === 'document' ? (block.filename ?? (isOwn ? undefined : block.title)) : undefined
  switch (source?.type) {
    case 'base64': {
      const data = writeBase64(source.data, block.extra)
      // The Gemini API itself refuses names of inline data.
      return { inlineData: { mimeType: source.mediaType, data, displayName: isOwn ? displayName : undefined } }
    }
    case 'url':
      return {
        fileData: {
          fileUri: source.url,
          mimeType: source.mediaType ?? (isOwn ? undefined : typeOfUrl(source.url)),
          displayName: isOwn ? displayName : undefined,
        },
      }
    case 'file': {
      if (!isOwn && !OWN_FILE.test(source.fileId)) return undefined
      return { fileData: { fileUri: source.fileId, mimeType: source.mediaType, displayName } }
    }
    case 'text': {
      if (shapeOf(block.extra, DIALECT, 'text') !== 'inlineData') return { text: source.text }
      const data = writeBase64(Buffer.from(source.text).toString('base64'), block.extra)
      return { inlineData: { mimeType: source.mediaType, data, displayName: isOwn ? displayName : undefined } }
    }
    default:
      return undefined
  }
}

/** What Gemini must be told of a file elsewhere whose address does not tell its type; undefined where it is known. */
export function usualType({ type, source }: Media): string | undefined {
  if (source?.type !== 'url' || source.mediaType !== undefined || typeOfUrl(source.url) !== undefined) return undefined
  return type === 'image' ? 'image/jpeg' : type === 'document' ? 'application/pdf' : undefined
}

/** The same block with the type of what is elsewhere. */
export function withType<M extends Media>(block: M, mediaType: string): M {
  return { ...block, source: { ...block.source, mediaType } }
}

function blockOf(source: MediaSource, mediaType: string | undefined, f: Fields): Plain<Media> {
  if (mediaType?.startsWith('image/')) return { type: 'image', source }
  if (mediaType?.startsWith('audio/')) return { type: 'audio', source }
  if (mediaType?.startsWith('video/') || (source.type === 'url' && isVideoSite(source.url))) {
    return { type: 'video', source }
  }
  return { type: 'document', source, filename: f.string('displayName', 'display_name') }
}

/** The text of a text file, if it is UTF-8: every dialect takes a text, few take the file. */
function textOf(data: string): string | undefined {
  const text = Buffer.from(data, 'base64').toString('utf8')
  return Buffer.from(text).toString('base64') === data ? text : undefined
}

function isVideoSite(url: string): boolean {
  return /^https:\/\/(?:www\.)?(?:youtube\.com|youtu\.be)\//.test(url)
}

function typeOfUrl(url: string): string | undefined {
  const ending = /\.([a-z0-9]+)(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(TYPES, ending) ? TYPES[ending] : undefined
}
