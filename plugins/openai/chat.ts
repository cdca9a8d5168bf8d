import { type Dialect, moduleUrl } from 'lunaroute'
import { chatMessages } from './chat-messages.ts'
import { claimsForChat } from './claims.ts'
import { chatCodec } from './codec/chat/index.ts'
import { credentials } from './credentials.ts'
import { act, get, post, remove, withAndWithoutVersion } from './endpoints.ts'
import { chatErrorEvent, errorBody } from './errors.ts'
import { lineageOf, SESSION_FIELDS, sessionOf } from './session.ts'

/**
 * Chat Completions, and OpenAI's other JSON endpoints with it. Multipart ones pass through `bypass`, and so does
 * `/v1/files`, which Anthropic serves on the same path.
 */
export const openaiChat: Dialect = {
  name: 'openai-chat',
  endpoints: withAndWithoutVersion([
    post('/chat/completions', 'generate'),
    get('/chat/completions'),
    get('/chat/completions/{id}'),
    post('/chat/completions/{id}'),
    remove('/chat/completions/{id}'),
    get('/chat/completions/{id}/messages'),
    get('/models', 'models'),
    get('/models/{model}', 'models'),
    remove('/models/{model}'),
    post('/embeddings', 'embeddings'),
    post('/completions'),
    post('/moderations'),
    post('/images/generations'),
    post('/audio/speech'),
    post('/batches'),
    get('/batches'),
    get('/batches/{id}'),
    act('/batches/{id}/cancel'),
    post('/vector_stores'),
    get('/vector_stores'),
    get('/vector_stores/{id}'),
    post('/vector_stores/{id}'),
    remove('/vector_stores/{id}'),
    post('/vector_stores/{id}/search'),
    post('/vector_stores/{id}/files'),
    get('/vector_stores/{id}/files'),
    get('/vector_stores/{id}/files/{file}'),
    post('/vector_stores/{id}/files/{file}'),
    remove('/vector_stores/{id}/files/{file}'),
    get('/vector_stores/{id}/files/{file}/content'),
    post('/vector_stores/{id}/file_batches'),
    get('/vector_stores/{id}/file_batches/{batch}'),
    act('/vector_stores/{id}/file_batches/{batch}/cancel'),
    get('/vector_stores/{id}/file_batches/{batch}/files'),
  ]),
  claims: claimsForChat,
  peek: ['model', 'stream', 'user', ...SESSION_FIELDS],
  credentials,
  versions: ['/v1'],
  basePath: 'complete',
  target: ({ operation }) => (operation === 'generate' ? { method: 'POST', path: '/v1/chat/completions' } : undefined),
  session: sessionOf,
  lineage: lineageOf,
  errorBody,
  errorEvent: chatErrorEvent,
  messages: chatMessages,
  codecModule: moduleUrl(import.meta.url, './codec/chat/index.ts'),
  codec: chatCodec,
}
