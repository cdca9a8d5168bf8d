import { defineService } from './service.ts'

/** Takes what is personal or secret out of what is to be kept. Never throws; what has nothing to hide comes back as it was. */
export interface Redactor {
  /** One text, looked at as a whole. */
  text(text: string): string
  /** A JSON value: its strings, keys and numbers. A string that is itself JSON stays JSON. The given value is not changed. */
  json(value: unknown): unknown
  /**
   * For text that arrives in pieces. However it is cut, all pieces together come out as `text` would give them; as `json`,
   * they are one JSON text, such as the arguments of a tool, and come out as one.
   */
  stream(form?: 'text' | 'json'): RedactorStream
}

/** Each call returns what can be passed on by now; `end` returns the rest. */
export interface RedactorStream {
  push(text: string): string
  end(): string
}

/**
 * A module that makes redactors, so that a worker thread can have its own: import it by its URL and call
 * `createRedactor` with the options that came with the URL. The options can be cloned.
 */
export interface RedactorModule {
  createRedactor(options: unknown): Redactor | Promise<Redactor>
}

/** A redactor as a plugin offers it: here, and for worker threads as the file: URL of a RedactorModule with its options. */
export interface RedactorOffer {
  readonly redactor: Redactor
  readonly module: string
  readonly options: unknown
}

export const redactorService = defineService<RedactorOffer>('redactor')
