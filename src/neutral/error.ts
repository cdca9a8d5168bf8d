import type { Extensible } from './extra.ts'

/** What went wrong, in one word for all dialects (translation.md, 4f). */
export type ErrorKind =
  | 'invalidRequest'
  | 'contextLength'
  | 'authentication'
  | 'billing'
  | 'permission'
  | 'notFound'
  | 'tooLarge'
  | 'unprocessable'
  | 'rateLimit'
  /** Out of credit or over a fixed quota: waiting does not help. */
  | 'quota'
  | 'server'
  | 'overloaded'
  | 'timeout'
  /** The stream ended without its proper end. */
  | 'cut'
  | 'other'

/** A provider's error, or the gateway's own, in no dialect's words. */
export interface NeutralError extends Extensible {
  readonly kind: ErrorKind
  /** The dialect it was read from; undefined for the gateway's own. */
  readonly dialect?: string | undefined
  /** The HTTP status; undefined for an error inside a stream. Writers choose one by kind. */
  readonly status?: number | undefined
  readonly message: string
  /** The provider's type and code, for its own dialect: `overloaded_error`, `context_length_exceeded`. */
  readonly type?: string | undefined
  readonly code?: string | undefined
  /** The request field at fault. */
  readonly param?: string | undefined
  readonly requestId?: string | undefined
  /** How long to wait, in milliseconds. */
  readonly retryAfter?: number | undefined
  /** For `contextLength`: what was sent and what the model takes, where the provider tells. Clients compact on them. */
  readonly tokens?: { readonly actual?: number | undefined; readonly limit?: number | undefined } | undefined
}
