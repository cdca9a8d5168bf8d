import type { CacheMark } from './content.ts'
import type { Extensible, JsonObject } from './extra.ts'
import type { Message } from './message.ts'
import type { ToolChoice, ToolDefinition } from './tool.ts'

/**
 * A request to a model in no dialect's words. Undefined means that the client did not say; writers invent nothing but
 * what their dialect requires. Numbers are the client's own, unclamped: ranges are the model profile's business.
 */
export interface NeutralRequest extends Extensible {
  /** The dialect it was read from. */
  readonly dialect: string
  /** Undefined where the request names none (deployments in the path, say). */
  readonly model?: string | undefined
  readonly messages: readonly Message[]
  readonly tools?: readonly ToolDefinition[] | undefined
  readonly toolChoice?: ToolChoice | undefined
  /** Whether the model may ask for several tools at once. Messages says it inversely, inside `tool_choice`. */
  readonly isParallelToolUse?: boolean | undefined
  readonly reasoning?: ReasoningOptions | undefined
  readonly output?: OutputOptions | undefined
  readonly sampling?: Sampling | undefined
  /** Reasoning counts. Messages requires it. */
  readonly maxOutputTokens?: number | undefined
  readonly stop?: readonly string[] | undefined
  /** How many answers: Chat `n`, Gemini `candidateCount`. */
  readonly answers?: number | undefined
  /** Set when the client wants log probabilities; `top` is how many alternatives per token. */
  readonly logprobs?: { readonly top?: number | undefined } | undefined
  readonly cache?: CacheOptions | undefined
  readonly state?: StateOptions | undefined
  /** Rules by which the provider shortens a long conversation. */
  readonly contextEdits?: readonly ContextEdit[] | undefined
  /** Free labels for the client's own use. Messages' `metadata` is not one: see `user`. */
  readonly metadata?: JsonObject | undefined
  readonly user?: UserIdentity | undefined
  /** In the source dialect's words (`auto`, `flex`, `priority`, `standard_only`): the tiers are not one to one. */
  readonly serviceTier?: string | undefined
  /** Content moderation that both OpenAI dialects take in the same form. */
  readonly moderation?: JsonObject | undefined
  readonly stream?: StreamOptions | undefined
}

export interface StreamOptions extends Extensible {
  readonly isStream: boolean
  /** Whether a Chat client asked for the usage chunk. The others always get usage. */
  readonly includeUsage?: boolean | undefined
  /** Random padding against traffic analysis (OpenAI dialects; on unless set to false). */
  readonly includeObfuscation?: boolean | undefined
}

/** How the next token is chosen. Newer reasoning models refuse most of it: see ModelProfile. */
export interface Sampling {
  /** 0 to 1 in Messages, 0 to 2 elsewhere. */
  readonly temperature?: number | undefined
  readonly topP?: number | undefined
  readonly topK?: number | undefined
  readonly frequencyPenalty?: number | undefined
  readonly presencePenalty?: number | undefined
  readonly seed?: number | undefined
  /** Token ids of the model's own tokenizer to a bias of -100 to 100. */
  readonly logitBias?: JsonObject | undefined
}

/** Effort in rising order. A model knows some of them; see ModelProfile and translation.md, 4b. */
export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max' | (string & {})

export interface ReasoningOptions extends Extensible {
  /**
   * Messages `thinking.type`: `off` disabled, `budget` enabled, `adaptive`. A Gemini budget of 0 is `off` and of -1
   * `adaptive`. `on` is a bare switch. Undefined where the client gave only an effort or nothing.
   */
  readonly mode?: 'off' | 'on' | 'budget' | 'adaptive' | undefined
  /** Messages `output_config.effort`, OpenAI effort, Gemini `thinkingLevel` in lower case. */
  readonly effort?: Effort | undefined
  /** Tokens; must stay below `maxOutputTokens` in Messages. */
  readonly budgetTokens?: number | undefined
  /**
   * Whether the client wants to see it: Messages `display` summarized or omitted, Gemini `includeThoughts`, a Responses
   * `summary`. Undefined is the provider's default.
   */
  readonly isVisible?: boolean | undefined
  /** Responses: `auto`, `concise`, `detailed`. */
  readonly summary?: string | undefined
}

/** What form the answer shall have. */
export interface OutputOptions {
  readonly format?: OutputFormat | undefined
  /** `text`, `audio`, `image`; lower case. */
  readonly modalities?: readonly string[] | undefined
  /** Chat `audio`: the voice's name and the container (`wav`, `mp3`, `pcm16`). */
  readonly audio?: AudioOutput | undefined
  /** `low`, `medium`, `high` (OpenAI dialects). */
  readonly verbosity?: string | undefined
}

export interface AudioOutput extends Extensible {
  readonly voice?: string | undefined
  readonly format?: string | undefined
}

export type OutputFormat = Extensible &
  (
    | { readonly type: 'text' }
    /** Any JSON. */
    | { readonly type: 'json' }
    | {
        readonly type: 'jsonSchema'
        readonly schema: JsonObject
        /** Required by the OpenAI dialects; writers make one up. */
        readonly name?: string | undefined
        readonly description?: string | undefined
        readonly isStrict?: boolean | undefined
      }
  )

/** Prompt caching for the request as a whole. Breakpoints are marks on blocks and tools. */
export interface CacheOptions extends Extensible {
  /** Sends requests with a common prefix to the same cache (OpenAI `prompt_cache_key`). */
  readonly key?: string | undefined
  /** `in_memory`, `24h` (OpenAI `prompt_cache_retention`). */
  readonly retention?: string | undefined
  /** `implicit` or `explicit` (OpenAI `prompt_cache_options.mode`). */
  readonly mode?: string | undefined
  /** A breakpoint that the provider sets by itself at the end (Messages top-level `cache_control`). */
  readonly auto?: CacheMark | undefined
}

/**
 * What the provider keeps between requests. A gateway that serves the request elsewhere must hold that state itself or
 * refuse: ignoring it loses the conversation.
 */
export interface StateOptions {
  /** The response this request goes on from (Responses). */
  readonly previousResponseId?: string | undefined
  /** A stored conversation (Responses), by id. */
  readonly conversationId?: string | undefined
  /** A message thread (Messages `thread`), whole: `{ type: 'create' | 'continue', previous_message_id }`. */
  readonly thread?: JsonObject | undefined
  /** Whether the provider may keep the answer (OpenAI dialects, Gemini). */
  readonly isStored?: boolean | undefined
  /** Answer later, to be fetched by id (Responses). */
  readonly isBackground?: boolean | undefined
  /** A template that the provider keeps, with what it is filled with (Responses `prompt`), whole. */
  readonly prompt?: JsonObject | undefined
  /** A cached prefix (Gemini `cachedContent`), by resource name. */
  readonly cachedContent?: string | undefined
  /** A sandbox kept from an earlier turn (Messages `container`), by id. */
  readonly containerId?: string | undefined
}

/** Messages `context_management.edits[]`, Responses `context_management[]`. */
export type ContextEdit = Extensible &
  (
    | { readonly type: 'compact'; readonly thresholdTokens?: number | undefined }
    | { readonly type: 'native'; readonly dialect: string; readonly value: unknown }
  )

/** Who the request is made for, as the client's provider sees it. Not to be forwarded to another vendor unasked. */
export interface UserIdentity {
  /** Chat and Responses `user`, Messages `metadata.user_id` (Claude Code: a JSON text with the session's id). */
  readonly id?: string | undefined
  readonly safetyIdentifier?: string | undefined
}
