import { type Dialect, type Endpoint, moduleUrl } from 'lunaroute'
import { claimsForResponses } from './claims.ts'
import { responsesCodec } from './codec/responses/index.ts'
import { credentials } from './credentials.ts'
import { act, get, post, remove, withAndWithoutVersion } from './endpoints.ts'
import { errorBody, responsesErrorEvent } from './errors.ts'
import { responsesMessages } from './responses-messages.ts'
import { lineageOf, SESSION_FIELDS, sessionOf } from './session.ts'

/** A stored response, replayed as the stream it was. */
const replay: Endpoint = { ...get('/responses/{id}'), query: { stream: 'true' }, stream: 'sse' }

/** The Responses API over HTTP, with the conversations it can store its turns in. */
export const openaiResponses: Dialect = {
  name: 'openai-responses',
  endpoints: withAndWithoutVersion([
    post('/responses', 'generate'),
    post('/responses/input_tokens', 'count-tokens'),
    post('/responses/compact'),
    replay,
    get('/responses/{id}'),
    remove('/responses/{id}'),
    act('/responses/{id}/cancel'),
    get('/responses/{id}/input_items'),
    act('/conversations'),
    get('/conversations/{id}'),
    post('/conversations/{id}'),
    remove('/conversations/{id}'),
    post('/conversations/{id}/items'),
    get('/conversations/{id}/items'),
    get('/conversations/{id}/items/{item}'),
    remove('/conversations/{id}/items/{item}'),
  ]),
  claims: claimsForResponses,
  peek: ['model', 'stream', 'user', 'previous_response_id', ...SESSION_FIELDS],
  credentials,
  versions: ['/v1'],
  basePath: 'complete',
  target({ operation }) {
    const path = { generate: '/v1/responses', 'count-tokens': '/v1/responses/input_tokens' }[operation as string]
    return path === undefined ? undefined : { method: 'POST', path }
  },
  session: sessionOf,
  lineage: lineageOf,
  errorBody,
  errorEvent: responsesErrorEvent,
  messages: responsesMessages,
  codecModule: moduleUrl(import.meta.url, './codec/responses/index.ts'),
  codec: responsesCodec,
}
