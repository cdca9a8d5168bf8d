import type { Dialect, Endpoint, RequestHead } from './dialect.ts'

/**
 * A client's request to a model. Immutable: a plugin that changes it returns a new one, and a request nobody changed
 * leaves the gateway as the very bytes that came in.
 */
export interface LlmRequest {
  readonly head: RequestHead
  readonly dialect: Dialect
  readonly endpoint: Endpoint
  /** The model asked for, from the body or the path. Undefined where the request names none, or is broken. */
  readonly model: string | undefined
  /** The model as the request names it first: costs next to nothing at any size, and is for labels and logs only. */
  readonly modelLabel: string | undefined
  /** Whether the client asked for a stream. */
  readonly isStream: boolean
  /** The body as received, without its content coding. Empty where there is none. */
  readonly bytes: Buffer
  /** The value of one of the dialect's peeked top-level fields, read from the bytes without parsing the whole body. Throws on broken JSON. */
  peek(field: string): unknown
  /**
   * The values of top-level fields as they stand in the body, in the order asked; undefined where the body has none. One
   * pass over the bytes, nothing parsed. Throws on broken JSON.
   */
  slices(fields: readonly string[]): readonly (Buffer | undefined)[]
  /** The whole body, parsed on first use. Treat it as frozen: changes go through `with`. */
  json(): unknown
  /**
   * The request with top-level body fields replaced in place; every other byte stays. `undefined` removes nothing. A
   * request without a JSON body stays as it is.
   */
  with(fields: Readonly<Record<string, unknown>>): LlmRequest
  /** The request for another model, wherever the dialect keeps the model's name. One that has no place for it stays. */
  withModel(model: string): LlmRequest
  /** The request with another body, given as JSON value or as bytes. */
  withBody(body: Uint8Array | object): LlmRequest
}
