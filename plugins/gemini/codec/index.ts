export { readError, writeError } from './error.ts'
export { DIALECT } from './name.ts'
export { parameters, readRequest, writeRequest } from './request.ts'
export { readResponse, writeResponse } from './response.ts'
