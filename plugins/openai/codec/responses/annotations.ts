import { type Citation, Fields, isObject, type JsonObject, restore, type Span } from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

/** Reads one entry of `annotations`. */
export function readAnnotation(value: unknown): Citation {
  const native: Citation = { type: 'native', dialect: DIALECT, value }
  if (!isObject(value)) return native
  const f = new Fields(value)
  if (f.constant('type', 'url_citation')) {
    const [url, span] = [f.string('url'), readSpan(f)]
    if (url === undefined || !span) return native
    f.optional('title')
    return { type: 'url', url, title: f.string('title'), span, extra: f.extra(DIALECT) }
  }
  const type = ['container_file_citation', 'file_citation', 'file_path'].find(type => f.constant('type', type))
  const fileId = f.string('file_id')
  if (type === undefined || fileId === undefined) return native
  if (type === 'file_path') f.shape('type', type)
  const isSpan = type === 'container_file_citation'
  return {
    type: 'file',
    fileId,
    filename: f.string('filename'),
    containerId: isSpan ? f.string('container_id') : undefined,
    position: isSpan ? undefined : f.number('index'),
    span: isSpan ? readSpan(f) : undefined,
    extra: f.extra(DIALECT),
  }
}

/** Writes one, or undefined for a citation that Responses cannot say. `length` is that of the cited text. */
export function writeAnnotation(citation: Citation, length: number): JsonObject | undefined {
  switch (citation.type) {
    case 'native':
      return citation.dialect === DIALECT ? (citation.value as JsonObject) : undefined
    case 'url': {
      const { url, title, span = { start: 0, end: length }, extra } = citation
      return restore({ type: 'url_citation', ...place(span), url, title }, extra, DIALECT, { title: '' })
    }
    case 'file': {
      const { fileId, filename, containerId, position, span, extra } = citation
      const isContained = containerId !== undefined || span !== undefined
      const type = isContained ? 'container_file_citation' : 'file_citation'
      const named = extra?.[DIALECT]?.shapes?.type ?? type
      const where = isContained ? place(span) : { index: position }
      return restore({ type: named, file_id: fileId, filename, container_id: containerId, ...where }, extra, DIALECT)
    }
    case 'document':
      return undefined
  }
}

function readSpan(f: Fields): Span | undefined {
  const [start, end] = [f.number('start_index'), f.number('end_index')]
  if (start !== undefined && end !== undefined) return { start, end }
  f.leave('start_index')
  return f.leave('end_index')
}

function place(span: Span | undefined): JsonObject {
  return { start_index: span?.start, end_index: span?.end }
}
