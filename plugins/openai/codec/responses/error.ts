import type { ErrorHead, Fields, JsonObject, NeutralError, WireError } from 'lunaroute/neutral'
import { codeOf, readError as read, readErrorFields as readFields, writeError as write } from '../shared/error.ts'
import { DIALECT } from './name.ts'

const OVERLOADED = 'server_is_overloaded'

/** Reads an error answer. */
export function readError(body: unknown, head?: ErrorHead): NeutralError {
  return read(body, DIALECT, head)
}

/** Reads the fields of an error object, wherever it stands. */
export function readErrorFields(e: Fields | undefined): NeutralError {
  return readFields(e, DIALECT)
}

/** Writes an error. */
export function writeError(error: NeutralError): WireError {
  return write(error, DIALECT, { overloaded: [503, 'server_error', OVERLOADED] })
}

/** What a failed response says of its error: a code and a message. */
export function failureOf({ kind, dialect, code, message }: NeutralError): JsonObject {
  const own = dialect === DIALECT ? code : undefined
  const usual = kind === 'invalidRequest' ? 'invalid_prompt' : kind === 'overloaded' ? OVERLOADED : codeOf(kind)
  return { code: own ?? usual ?? 'server_error', message }
}
