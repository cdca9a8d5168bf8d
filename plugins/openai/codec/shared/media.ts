import type { AudioBlock, Fields, JsonObject, MediaSource } from 'lunaroute/neutral'
import { shapeOf } from 'lunaroute/neutral'

/** Reads a part that holds sound. */
export function readAudio(f: Fields): Pick<AudioBlock, 'type' | 'source'> | undefined {
  const audio = f.nested('input_audio')
  const [data, format] = [audio?.string('data'), audio?.string('format')]
  if (data === undefined || format === undefined) return undefined
  if (formatOf(mediaTypeOf(format)) !== format) f.shape('format', format)
  return { type: 'audio', source: { type: 'base64', mediaType: mediaTypeOf(format), data } }
}

/** Writes it, where the bytes are there. */
export function writeAudio({ source, extra }: AudioBlock, dialect: string): JsonObject | undefined {
  if (source?.type !== 'base64') return undefined
  const format = shapeOf(extra, dialect, 'format') ?? formatOf(source.mediaType)
  return { type: 'input_audio', input_audio: { data: source.data, format } }
}

/** A `data:` URL in base64 as its bytes; any other URL as it is. */
export function readUrl(url: string): MediaSource {
  const comma = url.startsWith('data:') ? url.indexOf(',') : -1
  const head = url.slice('data:'.length, Math.max(comma, 0))
  const mediaType = head.slice(0, -';base64'.length)
  if (!head.endsWith(';base64') || mediaType === '' || mediaType.includes(';')) return { type: 'url', url }
  return { type: 'base64', mediaType, data: url.slice(comma + 1) }
}

/** The URL of a source that has or can have one. */
export function writeUrl(source: MediaSource): string | undefined {
  if (source.type === 'url') return source.url
  return source.type === 'base64' ? `data:${source.mediaType};base64,${source.data}` : undefined
}

/** The media type of sound in a format. */
export function mediaTypeOf(format: string): string {
  return format === 'mp3' ? 'audio/mpeg' : `audio/${format}`
}

/** The format of a media type, in OpenAI's word. */
export function formatOf(mediaType: string): string {
  const format = mediaType.slice(mediaType.indexOf('/') + 1)
  return format === 'mpeg' ? 'mp3' : format.replace(/^x-/, '')
}
