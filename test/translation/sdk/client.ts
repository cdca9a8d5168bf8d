/** A call of a tool as a client sees it. */
export interface Call {
  readonly name: string
  readonly input: unknown
}

/** What a client makes of an error. */
export interface Failure {
  readonly status: number | undefined
  readonly message: string
  readonly code?: unknown
  /** `retry-after`, where the SDK shows headers. */
  readonly retryAfter?: string | null | undefined
}

/** What the official SDK of one dialect is asked to do, in that dialect's own way. */
export interface Client {
  text(model: string): Promise<string>
  stream(model: string): Promise<string>
  /** Two calls at once, their results, two more calls, their results, and the last text. */
  tools(model: string, isStream: boolean): Promise<{ readonly calls: readonly Call[]; readonly text: string }>
  /** Asks what stands in a picture (PNG, base64). */
  image(model: string, data: string): Promise<string>
  /** Asks for JSON of SCHEMA. */
  structured(model: string, isStream: boolean): Promise<string>
  /** Reasons hard and calls a tool; sends all of that back with the result; and then once more to another model. */
  reasoning(model: string, next: string, isStream: boolean): Promise<{ readonly shown: string; readonly text: string }>
  /** Leaves in the middle of a stream, after its first piece of text. */
  abort(model: string): Promise<void>
  error(model: string): Promise<Failure>
  /** The words of the error that ends a stream. */
  cut(model: string): Promise<string>
}

export const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } } }
export const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
export const TOOL_NAMES = ['weather', 'time'] as const
export const RESULTS: Readonly<Record<string, string>> = { weather: 'sunny', time: 'noon' }

export function failureOf(asked: Promise<unknown>): Promise<Failure> {
  return asked.then(
    () => ({ status: undefined, message: 'no error' }),
    (error: { status?: number; message: string; code?: unknown; headers?: Headers }) => ({
      status: error.status,
      message: error.message,
      code: error.code,
      retryAfter: error.headers?.get('retry-after'),
    }),
  )
}

export async function wordsOf(asked: Promise<unknown>): Promise<string> {
  return (await failureOf(asked)).message
}
