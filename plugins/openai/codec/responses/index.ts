import type { Codec } from 'lunaroute/neutral'
import { answers } from './answers.ts'
import { createDecoder } from './decoder.ts'
import { createEncoder } from './encoder.ts'
import { readError, writeError } from './error.ts'
import { limits } from './limits.ts'
import { DIALECT } from './name.ts'
import { parameters, readRequest, writeRequest } from './request.ts'
import { readResponse, writeResponse } from './response.ts'
import { readTokenCount, writeTokenCount } from './token-count.ts'

/** How Responses is read into the neutral form and written from it. */
export const responsesCodec: Codec = {
  dialect: DIALECT,
  parameters,
  limits,
  answers,
  readRequest,
  writeRequest,
  readResponse,
  writeResponse,
  createDecoder,
  createEncoder,
  readError,
  writeError,
  readTokenCount,
  writeTokenCount,
}

/** By the names that worker threads ask for. */
export { lineageOf as lineage, sessionOf as session } from '../../session.ts'
export { responsesCodec as codec }
