import type { ErrorHead, NeutralError, WireError } from 'lunaroute/neutral'
import { readError as read, writeError as write } from '../shared/error.ts'
import { DIALECT } from './name.ts'

/** Reads an error answer, or the payload of an error inside a stream. */
export function readError(body: unknown, head?: ErrorHead): NeutralError {
  return read(body, DIALECT, head)
}

/** Writes an error. */
export function writeError(error: NeutralError): WireError {
  return write(error, DIALECT)
}
