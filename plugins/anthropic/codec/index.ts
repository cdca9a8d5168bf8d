import type { Codec } from 'lunaroute/neutral'
import { answers } from './answers.ts'
import { readTokenCount, writeTokenCount } from './count.ts'
import { MessagesDecoder } from './decoder.ts'
import { MessagesEncoder } from './encoder.ts'
import { readError, writeError } from './error.ts'
import { limits } from './limits.ts'
import { writeModels } from './models.ts'
import { DIALECT } from './name.ts'
import { parameters, readRequest, writeRequest } from './request.ts'
import { readResponse, writeResponse } from './response.ts'

/** How Messages is read into the neutral form and written from it. */
export const messagesCodec: Codec = {
  dialect: DIALECT,
  parameters,
  limits,
  answers,
  readRequest,
  writeRequest,
  readResponse,
  writeResponse,
  createDecoder: () => new MessagesDecoder(),
  createEncoder: context => new MessagesEncoder(context),
  readError,
  writeError,
  readTokenCount,
  writeTokenCount,
  writeModels,
}

/** By the names that worker threads ask for. */
export { lineageOf as lineage, sessionOf as session } from '../session.ts'
export { messagesCodec as codec }
