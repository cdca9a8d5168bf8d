import type { Codec } from './neutral/codec.ts'
import type { JsonObject } from './neutral/extra.ts'
import type { LlmRequest } from './request.ts'

/** What a dialect sees of a request before its body has arrived. Header names are lower case. */
export interface RequestHead {
  readonly method: string
  /** The path without the query. */
  readonly path: string
  /** The query without its `?`; empty when there is none. */
  readonly query: string
  /** A header's value, or undefined. Credentials can be tested for with `has`, never read. */
  get(name: string): string | undefined
  has(name: string): boolean
}

/** What the request asks the model's provider to do. */
export type Operation = 'generate' | 'count-tokens' | 'embeddings' | 'models' | 'other'

/**
 * One path a dialect serves. In a path, `{model}` stands for one or more segments that name the model, and any other
 * `{name}` for exactly one; text may follow it in its segment, as in `{model}:countTokens`. Of several endpoints that
 * fit a request, the first listed serves it.
 */
export interface Endpoint {
  readonly method: string
  readonly path: string
  /** Query parameters the request must have, with their values: `{ alt: 'sse' }`. */
  readonly query?: Readonly<Record<string, string>>
  readonly operation: Operation
  /** Whether the request has a JSON object for a body. Anything else passes as it is. */
  readonly body: 'json' | 'none' | 'any'
  /** The response is a stream whatever the body says: `sse`, or a JSON array whose elements arrive one by one. */
  readonly stream?: 'sse' | 'json-array'
}

/** A gateway failure, as a dialect's error envelope needs it. */
export interface ErrorView {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly param: string | undefined
  readonly requestId: string
}

/** How a dialect's clients and providers carry a key. */
export interface CredentialRule {
  /** Lower-case request headers that hold a credential in this dialect. */
  readonly headers: readonly string[]
  /** Query parameters that hold one. */
  readonly query?: readonly string[]
  /** The header that carries a provider's configured key. */
  header(key: string): readonly [name: string, value: string]
}

/** A request to be made in a dialect by a gateway whose client speaks another one. */
export interface TargetCall {
  readonly operation: Operation
  readonly model: string
  readonly isStream: boolean
}

/** One of a dialect's own endpoints, filled in: what a client of the dialect would have asked for. */
export interface RequestTarget {
  readonly method: string
  /** With its version segment, if any, and without a query. */
  readonly path: string
  /** Without its `?`. */
  readonly query?: string
  /** Headers that the API demands of everybody. Lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** How a stream is divided. Default `sse`. */
  readonly stream?: 'sse' | 'json-array'
}

/** Where a request stands among the agents of a client. */
export interface Lineage {
  readonly agent?: string | undefined
  readonly parent?: string | undefined
}

/** A message that is nothing but text. */
export interface PlainMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/**
 * Reads and edits the messages in a request's body in the dialect's own form, so that what the gateway does not know
 * survives. Bodies are not changed: an edit returns a copy, or the same body where it changes nothing. A body that is not
 * what the dialect says is left as it is.
 */
export interface MessageEditor {
  /**
   * Passes each text of the last message that a user wrote (a message of nothing but tool results is passed over) through
   * `edit`. An empty result takes the piece away, and a message that is left with nothing.
   */
  editLastUser(body: JsonObject, edit: (text: string) => string): JsonObject
  /** The same for each text of every message that a user wrote. */
  editUsers(body: JsonObject, edit: (text: string) => string): JsonObject
  /** Puts messages before the conversation; those of the system where the dialect keeps instructions, before others. */
  prepend(body: JsonObject, messages: readonly PlainMessage[]): JsonObject
}

/**
 * The wire form of one provider API: what the core must know to serve it without knowing it.
 * A dialect is data and pure functions; a plugin lists its dialects in its definition.
 */
export interface Dialect {
  /** The field's name for it: `openai-chat`, `openai-responses`, `anthropic-messages`, `gemini`. */
  readonly name: string
  readonly endpoints: readonly Endpoint[]
  /** Whether a request whose path several dialects serve, or none does, was written for this one. */
  claims(head: RequestHead): boolean
  /** Top-level body fields that routing may read without parsing the body. */
  readonly peek: readonly string[]
  readonly credentials: CredentialRule
  /** Version segments that open a path and may close a `base_url`: `['/v1']`. The first is the usual one. */
  readonly versions: readonly string[]
  /** The request header that names the version of the API, where there is one. Lower case. */
  readonly versionHeader?: string
  /**
   * How to read a `base_url` that has a path but ends in none of `versions`. `complete`: endpoints follow it directly,
   * without a version (the OpenAI SDK's rule). `prefix`: the client's path follows it whole (Anthropic's rule).
   */
  readonly basePath: 'complete' | 'prefix'
  /** Where a translated request goes; undefined for an operation that the dialect does not have. */
  target?(call: TargetCall): RequestTarget | undefined
  /** The session a request belongs to, from its headers or its peeked fields. */
  session?(request: LlmRequest): string | undefined
  /** The agent that made a request where a session has several, and the session or agent that started it. */
  lineage?(request: LlmRequest): Lineage
  /** The body of an error answer, to be sent as JSON. */
  errorBody(error: ErrorView): unknown
  /** The bytes that tell a stream's reader of a failure after the stream has begun. Nothing follows them. */
  errorEvent(error: ErrorView, form: 'sse' | 'json-array'): string
  /** The bytes that tell an event stream's reader that its answer is still to come. Default: a comment. */
  readonly keepAlive?: string
  readonly messages?: MessageEditor
  /**
   * The file: URL of a module that exports the codec as `codec`, and `session` and `lineage` where the dialect has them,
   * for worker threads to import.
   */
  readonly codecModule?: string
  /** Its translation to and from the neutral form. A dialect without one can only be passed through. */
  readonly codec?: Codec
}
