import {
  type Block,
  type Citation,
  isObject,
  type JsonObject,
  type Span,
  type TextBlock,
  type UrlCitation,
} from 'lunaroute/neutral'

/**
 * The citations in a candidate's `groundingMetadata`: every support's segment of the text with every page behind it.
 * The metadata itself stays in the candidate's remainder: it is an index over the whole answer, which only Gemini has.
 */
export function readGrounding(metadata: unknown, blocks: readonly Block[]): readonly Block[] {
  if (!isObject(metadata) || !Array.isArray(metadata.groundingSupports)) return blocks
  const chunks = Array.isArray(metadata.groundingChunks) ? metadata.groundingChunks : []
  const found = new Map<Block, Citation[]>()
  for (const support of metadata.groundingSupports) {
    if (!isObject(support) || !isObject(support.segment) || !Array.isArray(support.groundingChunkIndices)) continue
    const place = locate(support.segment, blocks)
    if (!place) continue
    const [block, span] = place
    const list = found.get(block) ?? []
    for (const index of support.groundingChunkIndices) list.push(...readChunk(chunks[Number(index)], span))
    found.set(block, list)
  }
  return blocks.map(block =>
    found.get(block)?.length ? { ...(block as TextBlock), citations: found.get(block) } : block,
  )
}

/** Writes citations as `groundingMetadata`. Segments count bytes of UTF-8. */
export function writeGrounding(blocks: readonly Block[]): JsonObject | undefined {
  const chunks: JsonObject[] = []
  const supports: JsonObject[] = []
  let offset = 0
  for (const block of blocks) {
    if (block.type !== 'text') continue
    for (const citation of block.citations ?? []) {
      if (citation.type !== 'url') continue
      let chunk = chunks.findIndex(
        ({ web }) => isObject(web) && web.uri === citation.url && web.title === citation.title,
      )
      if (chunk < 0) chunk = chunks.push({ web: { uri: citation.url, title: citation.title } }) - 1
      supports.push({ segment: segmentOf(block.text, citation, offset), groundingChunkIndices: [chunk] })
    }
    offset += Buffer.byteLength(block.text)
  }
  return chunks.length === 0 ? undefined : { groundingChunks: chunks, groundingSupports: supports }
}

function segmentOf(text: string, { span }: UrlCitation, offset: number): JsonObject {
  const { start, end } = span ?? { start: 0, end: text.length }
  const [before, inside] = [text.slice(0, start), text.slice(start, end)]
  const startIndex = offset + Buffer.byteLength(before)
  return { startIndex, endIndex: startIndex + Buffer.byteLength(inside), text: inside }
}

function readChunk(chunk: unknown, span: Span): readonly Citation[] {
  if (!isObject(chunk)) return []
  const page = [chunk.web, chunk.maps].find(isObject)
  if (typeof page?.uri !== 'string') return []
  return [{ type: 'url', url: page.uri, title: typeof page.title === 'string' ? page.title : undefined, span }]
}

/** Finds a segment in the joined text, and by its words where its offsets are of one part. */
function locate(segment: JsonObject, blocks: readonly Block[]): readonly [TextBlock, Span] | undefined {
  const { startIndex = 0, endIndex, text } = segment
  if (typeof startIndex !== 'number' || typeof endIndex !== 'number') return undefined
  const texts = blocks.filter((block): block is TextBlock => block.type === 'text')
  let offset = 0
  for (const block of texts) {
    const bytes = Buffer.from(block.text)
    const [from, to] = [startIndex - offset, endIndex - offset]
    if (from >= 0 && to <= bytes.length && (text === undefined || bytes.toString('utf8', from, to) === text)) {
      const start = bytes.toString('utf8', 0, from).length
      return [block, { start, end: start + bytes.toString('utf8', from, to).length }]
    }
    offset += bytes.length
  }
  if (typeof text !== 'string' || text === '') return undefined
  const holder = texts.find(block => block.text.includes(text))
  const start = holder?.text.indexOf(text) ?? 0
  return holder && [holder, { start, end: start + text.length }]
}
