import type { Effort } from './request.ts'
import type { ProviderToolKind } from './tool.ts'

/**
 * What one model takes, as data. An undefined field means that nothing is known and nothing is changed: a profile never
 * makes a request poorer by silence. `translate` applies what holds for a model whatever the dialect (ranges, names,
 * media, schemas, reasoning) to the neutral request; writers read what decides between two spellings of their own.
 */
export interface ModelProfile {
  readonly contextTokens?: number | undefined
  /** Larger requests are clamped to it; Messages, which requires a number, gets it when the client gave none. */
  readonly maxOutputTokens?: number | undefined
  /** Smaller ones are raised to it. */
  readonly minOutputTokens?: number | undefined
  /** Chat: which of the two keys the model takes. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens' | undefined
  /** False: `developer` messages are written as `system`. */
  readonly hasDeveloperRole?: boolean | undefined
  /** False: system messages inside the conversation become marked text in a user turn. */
  readonly hasInlineSystem?: boolean | undefined
  /** True: a conversation must begin with the user. */
  readonly needsUserFirst?: boolean | undefined
  /** False: a conversation must not end with the assistant. */
  readonly hasPrefill?: boolean | undefined
  /** Parameters of `Sampling` the model takes, with their range; one that is false is dropped. */
  readonly sampling?:
    | {
        readonly temperature?: Range | false | undefined
        readonly topP?: Range | false | undefined
        readonly topK?: Range | false | undefined
        readonly frequencyPenalty?: Range | false | undefined
        readonly presencePenalty?: Range | false | undefined
        readonly seed?: boolean | undefined
        readonly logitBias?: boolean | undefined
      }
    | undefined
  readonly reasoning?: ReasoningProfile | false | undefined
  readonly tools?: ToolProfile | false | undefined
  readonly input?: InputProfile | undefined
  /** How structured output is had: by the dialect's own parameter, by a forced tool, by words in the prompt. */
  readonly structuredOutput?: 'native' | 'tool' | 'prompt' | undefined
  /** False: JSON without a schema has to be asked for in words. */
  readonly hasJsonMode?: boolean | undefined
  readonly maxStops?: number | undefined
  readonly maxCacheMarks?: number | undefined
  /** Chat servers that refuse `stream_options`. */
  readonly hasStreamUsage?: boolean | undefined
}

export interface Range {
  readonly min?: number | undefined
  readonly max?: number | undefined
}

export interface ReasoningProfile {
  /** How it is controlled. The first is preferred when a request says it another way. */
  readonly controls: readonly ('effort' | 'budget' | 'adaptive')[]
  /** The efforts it knows, rising. */
  readonly efforts?: readonly Effort[] | undefined
  /** Tokens. */
  readonly budget?: Range | undefined
  readonly canDisable?: boolean | undefined
  /** The only temperature allowed while reasoning (1 on older Claude models). */
  readonly temperature?: number | undefined
  /** False: a forced tool cannot be had together with reasoning. */
  readonly allowsForcedTool?: boolean | undefined
  /** A turn with tool calls must come back with its reasoning's state as long as reasoning is on (older Claude models). */
  readonly needsState?: boolean | undefined
  /** Whether visible reasoning of earlier turns goes back, for servers without opaque state (DeepSeek: `toolTurns`). */
  readonly echo?: 'always' | 'toolTurns' | 'never' | undefined
  /** Chat servers: the field that holds it. */
  readonly field?: 'reasoning_content' | 'reasoning' | 'reasoning_details' | undefined
}

export interface ToolProfile {
  /** A regular expression for a whole name. */
  readonly namePattern?: string | undefined
  readonly nameLength?: number | undefined
  readonly idPattern?: string | undefined
  readonly idLength?: number | undefined
  readonly isStrict?: boolean | undefined
  readonly isParallel?: boolean | undefined
  readonly hasForcedChoice?: boolean | undefined
  /** False: a choice among some of the tools has to be made by declaring those alone. */
  readonly hasAllowedChoice?: boolean | undefined
  readonly hasCustomTools?: boolean | undefined
  readonly hasImagesInResults?: boolean | undefined
  /** What stands for the state of a call that another model made, where one without a state is refused (Gemini 3). */
  readonly foreignState?: string | undefined
  /** Provider tools it has. */
  readonly provider?: readonly ProviderToolKind[] | undefined
  /** JSON Schema keywords that are refused, and what becomes of `$ref`. */
  readonly schema?:
    | { readonly unsupported?: readonly string[] | undefined; readonly inlineReferences?: boolean | undefined }
    | undefined
}

export interface InputProfile {
  /** Media types; an empty list is none. */
  readonly images?: readonly string[] | undefined
  readonly documents?: readonly string[] | undefined
  readonly audio?: readonly string[] | undefined
  readonly video?: readonly string[] | undefined
  /** False: a document made of blocks becomes the blocks. */
  readonly hasBlockDocuments?: boolean | undefined
  /** False: media must be sent inline. */
  readonly hasUrls?: boolean | undefined
}
