import {
  type Citation,
  type DocumentCitation,
  Fields,
  isObject,
  type JsonObject,
  restore,
  shapeOf,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

const RANGES = {
  char_location: ['character', 'start_char_index', 'end_char_index'],
  page_location: ['page', 'start_page_number', 'end_page_number'],
  content_block_location: ['block', 'start_block_index', 'end_block_index'],
} as const

/** Reads an element of a text block's `citations`. */
export function readCitation(value: unknown): Citation {
  const native: Citation = { type: 'native', dialect: DIALECT, value }
  if (!isObject(value)) return native
  const type = value.type
  if (type === 'web_search_result_location' || type === 'search_result_location') return readUrl(value, type) ?? native
  if (typeof type === 'string' && Object.hasOwn(RANGES, type)) {
    return readDocument(value, type as keyof typeof RANGES) ?? native
  }
  return native
}

/** Writes a citation, or undefined for one that Messages cannot say. */
export function writeCitation(citation: Citation): unknown {
  switch (citation.type) {
    case 'native':
      return citation.dialect === DIALECT ? citation.value : undefined
    case 'url': {
      const type = shapeOf(citation.extra, DIALECT, 'type') ?? 'web_search_result_location'
      const { url, title, citedText } = citation
      const place = type === 'search_result_location' ? { source: url } : { url }
      const written = { type, ...place, title, cited_text: citedText }
      // Typed clients want the index; one that this API did not make stays empty.
      const index = type === 'search_result_location' ? {} : { encrypted_index: '' }
      return restore(written, citation.extra, DIALECT, { title: null, cited_text: '', ...index })
    }
    case 'document':
      return writeDocument(citation)
    default:
      return undefined
  }
}

function readUrl(value: JsonObject, type: string): Citation | undefined {
  const f = new Fields(value)
  f.constant('type', type)
  const url = f.string(type === 'search_result_location' ? 'source' : 'url')
  if (url === undefined) return undefined
  if (type === 'search_result_location') f.shape('type', type)
  f.optional('title', 'cited_text', 'encrypted_index')
  const [title, citedText] = [f.string('title'), f.string('cited_text')]
  return { type: 'url', url, title, citedText, extra: f.extra(DIALECT) }
}

function readDocument(value: JsonObject, type: keyof typeof RANGES): Citation | undefined {
  const [unit, startKey, endKey] = RANGES[type]
  const f = new Fields(value)
  f.constant('type', type)
  const [start, end] = [f.number(startKey), f.number(endKey)]
  if (start === undefined || end === undefined) return undefined
  f.optional('cited_text', 'document_index', 'document_title')
  return {
    type: 'document',
    documentIndex: f.number('document_index'),
    title: f.string('document_title'),
    citedText: f.string('cited_text'),
    range: { unit, start, end },
    fileId: f.string('file_id'),
    extra: f.extra(DIALECT),
  }
}

function writeDocument(citation: DocumentCitation): JsonObject {
  const { range } = citation
  const [type, [, startKey, endKey]] = Object.entries(RANGES).find(([, [unit]]) => unit === range.unit)!
  const written = {
    type,
    cited_text: citation.citedText,
    document_index: citation.documentIndex,
    document_title: citation.title,
    [startKey]: range.start,
    [endKey]: range.end,
    file_id: citation.fileId,
  }
  return restore(written, citation.extra, DIALECT, { cited_text: '', document_index: 0, document_title: null })
}
