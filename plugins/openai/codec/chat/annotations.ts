import {
  type Block,
  type Citation,
  Fields,
  isObject,
  type JsonObject,
  restore,
  type TextBlock,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

/** Gives a message's `annotations` to its first text; they stay in the remainder where there is none. */
export function readAnnotations(f: Fields, blocks: Block[]): void {
  const index = blocks.findIndex(block => block.type === 'text')
  const text = blocks[index] as TextBlock | undefined
  const annotations = text && f.list('annotations')
  if (annotations) blocks[index] = { ...text, citations: annotations.map(readAnnotation) }
}

/** A message's citations. Positions count from the start of the whole text. */
export function writeAnnotations(blocks: readonly Block[]): unknown[] | undefined {
  const texts = blocks.filter(block => block.type === 'text')
  if (texts.every(text => text.citations === undefined)) return undefined
  let offset = 0
  return texts.flatMap(({ text, citations = [] }) => {
    const start = offset
    offset += text.length
    return citations.map(citation => writeAnnotation(citation, start, text.length)).filter(value => value !== undefined)
  })
}

/** Reads one annotation. */
export function readAnnotation(value: unknown): Citation {
  const native: Citation = { type: 'native', dialect: DIALECT, value }
  if (!isObject(value)) return native
  const f = new Fields(value)
  if (!f.constant('type', 'url_citation')) return native
  const c = f.nested('url_citation')
  const url = c?.string('url')
  const [start, end] = [c?.number('start_index'), c?.number('end_index')]
  if (!c || url === undefined || start === undefined || end === undefined) return native
  const [title, citedText] = [c.string('title'), c.string('content')]
  return { type: 'url', url, title, citedText, span: { start, end }, extra: f.extra(DIALECT) }
}

/** Writes a citation of a text that begins at `offset` and is `length` long; undefined for one that Chat cannot say. */
export function writeAnnotation(citation: Citation, offset: number, length: number): unknown {
  if (citation.type === 'native') return citation.dialect === DIALECT ? citation.value : undefined
  if (citation.type !== 'url') return undefined
  const { url, title, citedText, span = { start: 0, end: length }, extra } = citation
  const place: JsonObject = { start_index: offset + span.start, end_index: offset + span.end }
  return restore({ type: 'url_citation', url_citation: { ...place, url, title, content: citedText } }, extra, DIALECT)
}
