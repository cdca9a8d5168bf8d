import type { Extensible } from './extra.ts'

/** A stretch of the text that a citation supports. */
export interface Span {
  /** UTF-16 code units from the start of the block's text; `end` is exclusive. Readers convert other units. */
  readonly start: number
  readonly end: number
}

/** A web page. Messages `web_search_result_location`, OpenAI `url_citation`, Gemini grounding chunks. */
export interface UrlCitation extends Extensible {
  readonly type: 'url'
  readonly url: string
  readonly title?: string | undefined
  /** The words quoted from the page. */
  readonly citedText?: string | undefined
  /** Undefined in Messages, where the whole block is the span. */
  readonly span?: Span | undefined
}

/** A document of the request. Messages `char_location`, `page_location`, `content_block_location`. */
export interface DocumentCitation extends Extensible {
  readonly type: 'document'
  /** Counts the request's documents from 0. */
  readonly documentIndex?: number | undefined
  readonly title?: string | undefined
  readonly citedText?: string | undefined
  /** Characters and blocks count from 0, pages from 1; `end` is exclusive. */
  readonly range: { readonly unit: 'character' | 'page' | 'block'; readonly start: number; readonly end: number }
  readonly fileId?: string | undefined
  readonly span?: Span | undefined
}

/** A file the provider holds. Responses `file_citation`, `container_file_citation`, `file_path`. */
export interface FileCitation extends Extensible {
  readonly type: 'file'
  readonly fileId: string
  readonly filename?: string | undefined
  readonly containerId?: string | undefined
  /** Where in the text the mark stands, for citations that have a point and no span. UTF-16 code units. */
  readonly position?: number | undefined
  readonly span?: Span | undefined
}

/** A citation of a kind only one dialect knows, whole. */
export interface NativeCitation extends Extensible {
  readonly type: 'native'
  readonly dialect: string
  readonly value: unknown
}

export type Citation = UrlCitation | DocumentCitation | FileCitation | NativeCitation
