import type { Codec } from 'lunaroute/neutral'
import { answers } from './answers.ts'
import { ChatDecoder } from './decoder.ts'
import { ChatEncoder } from './encoder.ts'
import { readError, writeError } from './error.ts'
import { limits } from './limits.ts'
import { writeModels } from './models.ts'
import { DIALECT } from './name.ts'
import { parameters, readRequest, writeRequest } from './request.ts'
import { readResponse, writeResponse } from './response.ts'

/** How Chat Completions is read into the neutral form and written from it. */
export const chatCodec: Codec = {
  dialect: DIALECT,
  parameters,
  limits,
  answers,
  readRequest,
  writeRequest,
  readResponse,
  writeResponse,
  createDecoder: () => new ChatDecoder(),
  createEncoder: context => new ChatEncoder(context),
  readError,
  writeError,
  writeModels,
}

/** By the names that worker threads ask for. */
export { lineageOf as lineage, sessionOf as session } from '../../session.ts'
export { chatCodec as codec }
