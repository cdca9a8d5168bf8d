import type { AttemptOutcome, Outcome } from 'lunaroute'
import type { Usage } from 'lunaroute/neutral'

/** What a frame on the way to the worker holds. */
export const FRAME = {
  /** JSON of Sent<RecordedHead>. */
  head: 1,
  /** A piece of the request's body. */
  body: 2,
  /** JSON of RecordedAttempt. Once for each exchange. */
  attempt: 3,
  /** Bytes as they went to the client. */
  bytes: 4,
  /** JSON of Sent<RecordedEnd>: the last frame of an exchange. */
  end: 5,
} as const

/** The larger part of a frame is never larger than this, in bytes. */
export const MAX_PAYLOAD = 1024 * 1024

/** An exchange as it is known before its body. */
export interface RecordedHead {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly dialect: string
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly listener: string
  readonly address: string
  readonly operation: string
  readonly hasJsonBody: boolean
  /** The endpoint's own form of a stream, where it is one whatever the body says. */
  readonly stream: string | null
  readonly caller: string | null
  /** Tells callers of one name apart. */
  readonly callerKey: string | null
}

/** The first attempt: from then on the exchange is worth telling. */
export interface RecordedAttempt {
  readonly provider: string
  /** As the request names it. */
  readonly model: string | null
  readonly route: string | null
  readonly routeReason: string | null
}

/** An exchange as it is known at its end. Times are in milliseconds since it began. */
export interface RecordedEnd {
  readonly outcome: Outcome
  readonly error: { readonly code: string; readonly message: string } | null
  /** The model as the request names it. */
  readonly model: string | null
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly duration: number
  readonly requestBytes: number
  readonly responseBytes: number
  readonly attempts: readonly Omit<AttemptOutcome, 'head'>[]
  /** What somebody on the serving thread read of tokens, where the client was not told. */
  readonly usage: Usage | null
  readonly route: string | null
}

/** On its way to the worker: names and values of headers in turn, which takes the serving thread half the time. */
export type Sent<T extends { readonly headers: unknown }> = Omit<T, 'headers'> & { readonly headers: readonly string[] }

export function received<T extends { readonly headers: Readonly<Record<string, string>> }>(sent: Sent<T>): T {
  const { headers: list } = sent
  const headers: Record<string, string> = {}
  for (let i = 0; i < list.length; i += 2) headers[list[i]!] = list[i + 1]!
  return { ...sent, headers } as unknown as T
}
