import type { Citation } from './citation.ts'
import type { Extensible, Located } from './extra.ts'
import type { ProviderToolKind, ToolDefinition, ToolReference } from './tool.ts'
import type { TokenLogprob } from './usage.ts'

/**
 * A prompt-cache breakpoint: everything up to and including this object may be cached. Messages `cache_control`,
 * Chat and Responses `prompt_cache_breakpoint`; Gemini has none. At most four count in Messages.
 */
export interface CacheMark extends Extensible {
  /** How long the entry lives: `5m`, `1h`, `30m`. Undefined is the provider's default. */
  readonly ttl?: string | undefined
}

/**
 * Opaque state a provider wants back unchanged: Messages `signature` and redacted `data`, Responses
 * `encrypted_content`, Gemini `thoughtSignature`. Never altered, never shortened, never sent to another issuer.
 */
export interface OpaqueState {
  /** `signature` vouches for visible content; `encrypted` and `redacted` stand for content that is not visible. */
  readonly kind: 'signature' | 'encrypted' | 'redacted'
  readonly data: string
  /**
   * Who made it and can read it: the name of the dialect it was read from, or what the message itself says
   * (`reasoning_details[].format`). `translate` narrows it to a provider and credential when it stores state.
   */
  readonly issuer: string
}

/** What every block may carry. */
export interface BlockBase extends Located {
  /** The provider's own id for this piece, where it is not a call id: Responses item ids (`rs_`, `msg_`, `fc_`). */
  readonly id?: string | undefined
  readonly cacheMark?: CacheMark | undefined
  /** On reasoning blocks, and in Gemini on any block. */
  readonly state?: OpaqueState | undefined
}

export interface TextBlock extends BlockBase {
  readonly type: 'text'
  readonly text: string
  /** What the text rests on. An empty list is kept apart from none. */
  readonly citations?: readonly Citation[] | undefined
  /** One entry per token of the text, when the client asked for them. */
  readonly logprobs?: readonly TokenLogprob[] | undefined
}

/** The model's own words declining to answer: Chat `message.refusal`, a Responses `refusal` part. */
export interface RefusalBlock extends BlockBase {
  readonly type: 'refusal'
  readonly text: string
  readonly logprobs?: readonly TokenLogprob[] | undefined
}

/** Where the bytes of an image, a document, audio or video are. */
export type MediaSource = Extensible &
  (
    | {
        readonly type: 'base64'
        /** A MIME type: `image/png`, `application/pdf`, `audio/wav`. */
        readonly mediaType: string
        /** Standard base64, padded; no `data:` prefix. Readers convert the URL-safe alphabet and note it. */
        readonly data: string
      }
    | { readonly type: 'url'; readonly url: string; readonly mediaType?: string | undefined }
    /** A file in the provider's own store. No other provider can read it. */
    | { readonly type: 'file'; readonly fileId: string; readonly mediaType?: string | undefined }
    /** Plain text given as a document. */
    | { readonly type: 'text'; readonly text: string; readonly mediaType?: string | undefined }
    /** A document made of blocks: Messages `source.type: content`, `search_result`. */
    | { readonly type: 'blocks'; readonly content: readonly Block[] }
  )

export interface ImageBlock extends BlockBase {
  readonly type: 'image'
  readonly source: MediaSource
  /** `low`, `high`, `auto`, `original` in the OpenAI dialects. */
  readonly detail?: string | undefined
}

/** A PDF, a text file, an office document; in Messages also a search result that the client supplies. */
export interface DocumentBlock extends BlockBase {
  readonly type: 'document'
  readonly source: MediaSource
  readonly title?: string | undefined
  /** Chat and Responses name the file rather than title the document. Writers use the one for the other. */
  readonly filename?: string | undefined
  /** Words about the document that are not part of it. */
  readonly context?: string | undefined
  /** Whether the model shall cite it. */
  readonly isCitable?: boolean | undefined
  /** Set for Messages `search_result` blocks: where the result came from, usually a URL. */
  readonly searchSource?: string | undefined
}

export interface AudioBlock extends BlockBase {
  readonly type: 'audio'
  /** Undefined where a history refers to earlier audio by `id` alone (Chat `message.audio.id`). */
  readonly source?: MediaSource | undefined
  /** What is said in it; in Chat responses the text of the answer. */
  readonly transcript?: string | undefined
  /** When the provider forgets it, in seconds since 1970. */
  readonly expiresAt?: number | undefined
}

export interface VideoBlock extends BlockBase {
  readonly type: 'video'
  readonly source: MediaSource
}

/** One piece of visible reasoning. `text` is the reasoning itself, `summary` a provider's account of it. */
export interface ReasoningPart extends Extensible {
  readonly kind: 'text' | 'summary'
  readonly text: string
}

/**
 * Reasoning, visible or not. Messages `thinking` is one text part (possibly empty) with a signature as its state, and
 * `redacted_thinking` no part with a redacted state; a Responses reasoning item has its summary and content as parts and
 * encrypted state; a Gemini thought is one summary part. Order among blocks is part of the meaning.
 */
export interface ReasoningBlock extends BlockBase {
  readonly type: 'reasoning'
  readonly parts: readonly ReasoningPart[]
}

/** The model asks the client to run a tool. */
export interface ToolCallBlock extends BlockBase {
  readonly type: 'toolCall'
  /**
   * The id that the result refers to. Always there: where the dialect gave none (Gemini, Chat's `function_call`) the
   * reader makes one from the position and notes the key as absent.
   */
  readonly callId: string
  readonly name: string
  /** The namespace a Responses call names beside the tool. */
  readonly namespace?: string | undefined
  /** What `input` is: the JSON text of the arguments, or free text for a custom tool. */
  readonly inputType: 'json' | 'text'
  /** As the model wrote it: JSON text may be empty, cut off or invalid. Readers of object dialects serialise. */
  readonly input: string
  /** For a provider-defined tool that the client runs: computer, shell, apply_patch. */
  readonly provider?: ProviderToolKind | undefined
}

/** What came of a tool call. Stands only in `tool` messages. */
export interface ToolResultBlock extends BlockBase {
  readonly type: 'toolResult'
  readonly callId: string
  /** The tool's name, where the dialect gives it (Gemini always, Chat sometimes). Writers that need it look up the call. */
  readonly name?: string | undefined
  /**
   * Text, images, documents, tool references. Gemini's response object is one text block: the words alone where it holds
   * nothing but a text under `output` or `error` (its convention for what a tool said), otherwise its JSON.
   */
  readonly content: readonly Block[]
  readonly isError?: boolean | undefined
  /** Which kind of call it answers, where the dialect says so. */
  readonly inputType?: 'json' | 'text' | undefined
  readonly provider?: ProviderToolKind | undefined
}

/** The provider ran a tool by itself: Messages `server_tool_use`, Responses `web_search_call` and its kin. */
export interface ServerToolCallBlock extends BlockBase {
  readonly type: 'serverToolCall'
  readonly callId: string
  readonly kind: ProviderToolKind
  /** The tool's name as called: `web_search`, or a tool of an MCP server. */
  readonly name: string
  /** The MCP server's name. */
  readonly server?: string | undefined
  /** JSON text. */
  readonly input: string
  /** `in_progress`, `completed`, `failed`, in the provider's word. */
  readonly status?: string | undefined
}

/** What a provider-run tool returned. Responses items that hold call and result at once are read as two blocks. */
export interface ServerToolResultBlock extends BlockBase {
  readonly type: 'serverToolResult'
  readonly callId: string
  readonly kind: ProviderToolKind
  readonly output: ServerToolOutput
}

export type ServerToolOutput = Extensible &
  (
    | { readonly type: 'search'; readonly results: readonly SearchHit[] }
    | {
        readonly type: 'code'
        readonly stdout: string
        readonly stderr?: string | undefined
        readonly exitCode?: number | undefined
      }
    /** A fetched page, an MCP tool's answer, a generated image. */
    | { readonly type: 'content'; readonly content: readonly Block[]; readonly isError?: boolean | undefined }
    | { readonly type: 'error'; readonly code: string }
    /** Any other result, whole. */
    | { readonly type: 'native'; readonly dialect: string; readonly value: unknown }
  )

/** One page a search found. Messages' `encrypted_content` stays in `extra`. */
export interface SearchHit extends Extensible {
  readonly url: string
  readonly title?: string | undefined
  /** Age or date in the provider's words. */
  readonly age?: string | undefined
  readonly snippet?: string | undefined
}

/** Tools that become available at this point of the conversation: Responses `additional_tools`, Messages `tool_addition`. */
export interface ToolAdditionBlock extends BlockBase {
  readonly type: 'toolAddition'
  /** Whole definitions, or references to tools that were declared with `isDeferred`. */
  readonly tools: readonly (ToolDefinition | ToolReference)[]
}

/** A tool named in a tool result as found by a search (Messages `tool_reference`). */
export interface ToolReferenceBlock extends BlockBase {
  readonly type: 'toolReference'
  readonly name: string
}

/** Earlier turns, condensed by the provider. */
export interface CompactionBlock extends BlockBase {
  readonly type: 'compaction'
  /** The summary, where the provider shows it; otherwise `state` holds it encrypted. */
  readonly text?: string | undefined
}

/** Something only one dialect knows, whole. Other dialects drop it with a diagnostic. */
export interface NativeBlock extends BlockBase {
  readonly type: 'native'
  readonly dialect: string
  readonly value: unknown
}

/** A piece of a message. Which stand where: see Message. */
export type Block =
  | TextBlock
  | RefusalBlock
  | ImageBlock
  | DocumentBlock
  | AudioBlock
  | VideoBlock
  | ReasoningBlock
  | ToolCallBlock
  | ToolResultBlock
  | ServerToolCallBlock
  | ServerToolResultBlock
  | ToolAdditionBlock
  | ToolReferenceBlock
  | CompactionBlock
  | NativeBlock
