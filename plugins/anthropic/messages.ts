import { type Dialect, moduleUrl, type RequestHead } from 'lunaroute'
import { messagesCodec } from './codec/index.ts'
import { errorBody, errorEvent } from './errors.ts'
import { messageEditor } from './message-editor.ts'
import { lineageOf, sessionOf } from './session.ts'

/** The version of the API that the codec writes. */
const VERSION = '2023-06-01'
const OWN_HEADERS = ['anthropic-version', 'anthropic-beta', 'x-api-key']
/** Claude Code also calls `/api/...` of its base URL, for telemetry among others, with the key it has. */
const OWN_PATH = /^\/(?:v1\/(?:messages|complete|organizations)|api\/(?:hello|event_logging|oauth|claude_\w+))(?:\/|$)/

/** Messages, with token counting, batches and the list of models. */
export const anthropicMessages: Dialect = {
  name: 'anthropic-messages',
  endpoints: [
    { method: 'POST', path: '/v1/messages', operation: 'generate', body: 'json' },
    { method: 'POST', path: '/v1/messages/count_tokens', operation: 'count-tokens', body: 'json' },
    { method: 'GET', path: '/v1/models', operation: 'models', body: 'none' },
    { method: 'GET', path: '/v1/models/{model}', operation: 'models', body: 'none' },
    { method: 'POST', path: '/v1/messages/batches', operation: 'other', body: 'json' },
    { method: 'GET', path: '/v1/messages/batches', operation: 'other', body: 'none' },
    { method: 'GET', path: '/v1/messages/batches/{id}', operation: 'other', body: 'none' },
    { method: 'DELETE', path: '/v1/messages/batches/{id}', operation: 'other', body: 'none' },
    { method: 'POST', path: '/v1/messages/batches/{id}/cancel', operation: 'other', body: 'any' },
    { method: 'GET', path: '/v1/messages/batches/{id}/results', operation: 'other', body: 'none' },
    { method: 'POST', path: '/v1/complete', operation: 'other', body: 'json' },
  ],
  claims,
  peek: ['model', 'stream', 'metadata'],
  credentials: {
    // SDK 1.x and subscription logins send a bearer token, older SDKs x-api-key.
    headers: ['authorization', 'x-api-key'],
    header: key => ['x-api-key', key],
  },
  versions: ['/v1'],
  versionHeader: 'anthropic-version',
  basePath: 'prefix',
  target({ operation }) {
    const path = { generate: '/v1/messages', 'count-tokens': '/v1/messages/count_tokens' }[operation as string]
    return path === undefined ? undefined : { method: 'POST', path, headers: { 'anthropic-version': VERSION } }
  },
  session: sessionOf,
  lineage: lineageOf,
  errorBody,
  errorEvent,
  keepAlive: 'event: ping\ndata: {"type":"ping"}\n\n',
  messages: messageEditor,
  codecModule: moduleUrl(import.meta.url, './codec/index.ts'),
  codec: messagesCodec,
}

function claims(head: RequestHead): boolean {
  return OWN_HEADERS.some(name => head.has(name)) || OWN_PATH.test(head.path)
}
