import type { Block, Diagnostics, InputProfile, MediaSource } from 'lunaroute/neutral'
import type { Policy } from '../policy.ts'
import { mapBlocks } from '../walk.ts'

const KINDS = { image: 'images', document: 'documents', audio: 'audio', video: 'video' } as const

/** Pictures, documents and sound the model takes; words in the place of the others say that something was there. */
export const withinMedia: Policy = (request, { diagnostics, profile }) => {
  const limits = profile.input
  return mapBlocks(request, (block, message) => {
    if (!isMedia(block) || message.role === 'assistant') return block
    const text = textOf(block)
    if (text !== undefined) return { ...block, source: { type: 'text', text } } as Block
    if (block.source?.type === 'blocks' && limits?.hasBlockDocuments === false) return blocksOf(block, diagnostics)
    const reason = whyNot(block, limits)
    if (reason === undefined) return block
    diagnostics.dropped(block.at ?? message.at ?? 'messages', reason)
    return { type: 'text', text: `[${block.type} left out: ${reason}]`, at: block.at }
  })
}

/** What a document is made of, for dialects that have no such documents. */
function blocksOf(block: MediaBlock, diagnostics: Diagnostics): readonly Block[] {
  const at = block.at ?? 'messages'
  diagnostics.changed(at, 'a document made of blocks becomes the blocks alone')
  if (block.type === 'document') {
    for (const field of ['title', 'context', 'searchSource', 'isCitable'] as const) {
      if (block[field]) diagnostics.dropped(`${at}.${field}`, 'blocks have no such field')
    }
  }
  const content = block.source?.type === 'blocks' ? block.source.content : []
  return content.map(inner => ({ ...inner, at: inner.at ?? at, cacheMark: undefined }) as Block)
}

type MediaBlock = Extract<Block, { readonly type: keyof typeof KINDS }>

function isMedia(block: Block): block is MediaBlock {
  return Object.hasOwn(KINDS, block.type)
}

/** A text file is text: dialects take pictures and PDF by their bytes, and hardly anything else. */
function textOf({ type, source }: MediaBlock): string | undefined {
  if (type !== 'document' || source?.type !== 'base64') return undefined
  const isText = source.mediaType.startsWith('text/') || source.mediaType === 'application/json'
  return isText ? Buffer.from(source.data, 'base64').toString() : undefined
}

function whyNot(block: MediaBlock, limits: InputProfile | undefined): string | undefined {
  const { source } = block
  if (source?.type === 'file') return 'another provider holds this file'
  // Text is text, whatever it came as.
  if (!source || !limits || source.type === 'text' || source.type === 'blocks') return undefined
  if (source.type === 'url' && limits.hasUrls === false) return 'the model cannot fetch it'
  const known = limits[KINDS[block.type]]
  const mediaType = mediaTypeOf(source)
  if (known === undefined || (mediaType === undefined && known.length > 0)) return undefined
  if (mediaType !== undefined && known.includes(mediaType)) return undefined
  return `the model takes no ${known.length === 0 ? block.type : (mediaType ?? block.type)}`
}

function mediaTypeOf(source: MediaSource): string | undefined {
  return source.type === 'base64' || source.type === 'url' ? source.mediaType : undefined
}
