import type { Citation } from './citation.ts'
import type { Block } from './content.ts'
import type { Diagnostics } from './diagnostics.ts'
import type { NeutralError } from './error.ts'
import type { NeutralEvent } from './events.ts'
import type { JsonObject } from './extra.ts'
import type { ModelProfile } from './profile.ts'
import type { NeutralRequest } from './request.ts'
import type { NeutralResponse, StopReason } from './response.ts'
import type { Usage } from './usage.ts'

/** A request as a dialect has it on the wire. */
export interface WireRequest {
  readonly body: JsonObject
  /** The model, wherever the dialect keeps it; Gemini's is in the path. */
  readonly model?: string | undefined
  /** Whether a stream is asked for, wherever the dialect says so. */
  readonly isStream?: boolean | undefined
  /** What the body is for. A count has no output limit, for one. */
  readonly operation?: 'generate' | 'count-tokens' | undefined
  /** When read: the client's `anthropic-beta` and the like. When written: headers that the body needs. Lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** What a writer of requests is told. */
export interface RequestContext {
  readonly profile: ModelProfile
  readonly diagnostics: Diagnostics
  /** The model to ask for. */
  readonly model?: string | undefined
  readonly operation?: 'generate' | 'count-tokens' | undefined
}

/** What a writer of responses and streams is told. */
export interface ResponseContext {
  readonly diagnostics: Diagnostics
  /** The client's request: Responses echoes it, Chat reads `stream.includeUsage` and `answers`. */
  readonly request: NeutralRequest
  /** The model as the client named it. */
  readonly model: string
  /** For `usage` at the start of a Messages stream, while the provider has not said: a local estimate. */
  readonly inputTokens?: number | undefined
  /** Seconds since 1970. */
  now(): number
  /** A new id with a prefix: `msg_`, `call_`. Stable in tests. */
  id(prefix: string): string
}

/** One event of a stream as it came. A Chunk is one. */
export interface IncomingFrame {
  readonly event: string | undefined
  /** The data lines; `[DONE]` in OpenAI dialects. */
  readonly data: string
  /** The data as JSON, undefined when it is not. */
  json(): unknown
}

/** One event of a stream to be sent. `data` is sent as JSON unless it is a string; `comment` is a line nobody reads. */
export type OutgoingFrame =
  | { readonly event?: string | undefined; readonly data: JsonObject | string }
  | { readonly comment: string }

/** Turns one stream of a dialect into neutral events. Holds the stream's state; one per stream. */
export interface Decoder {
  push(frame: IncomingFrame): readonly NeutralEvent[]
  /**
   * The bytes have ended. Returns what was held back and the terminal event, if it has not come: `end` where all choices
   * had finished and the dialect has no end mark (Gemini) or servers leave it out (Chat), otherwise an error of kind `cut`.
   */
  end(): readonly NeutralEvent[]
}

/** Turns neutral events into one stream of a dialect, in its exact grammar. Holds the stream's state; one per stream. */
export interface Encoder {
  /** The frames this event leads to: none while it is held back, several where the grammar wants them. */
  push(event: NeutralEvent): readonly OutgoingFrame[]
  /** The source has ended. Returns nothing after `end` or `error`; otherwise what closes the stream as broken. */
  end(): readonly OutgoingFrame[]
}

/** The head of a response with an error. */
export interface ErrorHead {
  /** Undefined where it says nothing: some servers send errors with a 200. */
  readonly status: number | undefined
  /** A header by its lower-case name. */
  get(name: string): string | undefined
}

/** An error as a dialect has it on the wire. */
export interface WireError {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonObject
}

/**
 * What a dialect has a place for in an answer. What it has none for is reported by `translate`, each piece by its path in
 * the answer: `choices[1]`, `choices[0].content[2].citations[0]`, `usage.cacheWriteTokens`. Blocks are the writers' own
 * to report, by their `at`.
 */
export interface AnswerVocabulary {
  readonly citations: readonly Citation['type'][]
  /** Blocks whose state the client is given, to bring it back. */
  readonly states: readonly Block['type'][]
  /** Of these, blocks that its own providers refuse when they come back without a state. */
  readonly sealed?: readonly Block['type'][] | undefined
  readonly usage: readonly (keyof Usage)[]
  /** Reasons to stop that it has a word or a form for. */
  readonly stops: readonly StopReason[]
  readonly hasLogprobs: boolean
  /** Whether there can be several answers. */
  readonly hasChoices: boolean
  /** Whether it tells the stop sequence that was met. */
  readonly hasStopSequence: boolean
  /** Reasons to stop that it gives the provider's words about. */
  readonly stopMessages: readonly StopReason[]
}

/** A model for a listing. */
export interface ListedModel {
  readonly id: string
  /** Seconds since 1970. */
  readonly createdAt: number
  readonly owner: string
  readonly profile: ModelProfile
}

/**
 * How one dialect is read into the neutral form and written from it. Pure: no clock, no chance, no state but a decoder's
 * and an encoder's own.
 *
 * Who does what: a codec knows its dialect's grammar and says what the dialect can say. What depends on policy or on
 * both sides is done to the neutral form by `translate` before writing and after reading: tool names and ids within the
 * profile's limits, schemas cleaned, custom tools lowered to functions, namespaces flattened, tools added in mid-
 * conversation declared at the top, results made up for calls that have none, reasoning state kept and given back,
 * foreign state and surplus cache marks taken out, the billing header, clamped numbers, media fetched, what foreign bags
 * held reported. A codec may thus write names, ids, schemas and numbers as it finds them.
 *
 * - Readers take anything that is a JSON object and never throw; what they do not know they keep (see Remainder).
 * - Writers leave out what the dialect cannot say and report it, and refuse only where the result would be a lie
 *   (state kept at another provider, say).
 * - `write(read(x))` equals x as JSON for every recorded message, without exception.
 */
export interface Codec {
  /** The dialect's name: the key of its remainders. */
  readonly dialect: string
  /**
   * Native paths of request parameters by their neutral path: `{ 'sampling.topK': 'top_k' }`. For diagnostics. A
   * parameter without an entry has no counterpart in the dialect. A field of anything that has an `at` stands under
   * `*.field`, and one of an element of a list of that name under `tools[].field`.
   */
  readonly parameters: Readonly<Record<string, string>>
  /** What its answers can hold; without it nothing is known and nothing reported. */
  readonly answers?: AnswerVocabulary
  /** What holds for every model of the dialect, unless a model's profile says otherwise. */
  readonly limits?: ModelProfile
  readRequest(request: WireRequest): NeutralRequest
  writeRequest(request: NeutralRequest, context: RequestContext): WireRequest
  readResponse(body: JsonObject): NeutralResponse
  writeResponse(response: NeutralResponse, context: ResponseContext): JsonObject
  createDecoder(): Decoder
  createEncoder(context: ResponseContext): Encoder
  /**
   * Reads an error answer. `body` is its JSON, or its text when it is none (HTML, nothing). An error that was told in an
   * answer with a status of success has no head.
   */
  readError(body: unknown, head?: ErrorHead): NeutralError
  writeError(error: NeutralError): WireError
  /** For dialects that can count: the number in an answer to a count, and such an answer. */
  readTokenCount?(body: JsonObject): number | undefined
  writeTokenCount?(tokens: number): JsonObject
  /** The listing of models: the page that the client's query asks for, all of them without one. */
  writeModels?(models: readonly ListedModel[], query?: URLSearchParams): JsonObject
}
