import type { Codec } from 'lunaroute/neutral'
import { answers } from './answers.ts'
import { GeminiDecoder } from './decoder.ts'
import { GeminiEncoder } from './encoder.ts'
import { readError, writeError } from './error.ts'
import { limits } from './limits.ts'
import { readTokenCount, writeModels, writeTokenCount } from './models.ts'
import { DIALECT } from './name.ts'
import { parameters, readRequest, writeRequest } from './request.ts'
import { readResponse, writeResponse } from './response.ts'

/** Reads generateContent, its streams, counts and errors into the neutral form, and writes them from it. */
export const geminiCodec: Codec = {
  dialect: DIALECT,
  parameters,
  limits,
  answers,
  readRequest,
  writeRequest,
  readResponse,
  writeResponse,
  createDecoder: () => new GeminiDecoder(),
  createEncoder: context => new GeminiEncoder(context),
  readError,
  writeError,
  readTokenCount,
  writeTokenCount,
  writeModels,
}
