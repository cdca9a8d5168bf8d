import type { Endpoint, Operation } from 'lunaroute'

export const VERSIONS = ['/v1beta', '/v1'] as const

export const endpoints: readonly Endpoint[] = VERSIONS.flatMap(version =>
  [
    ...generation('/models/{model}'),
    // A tuned model exists with one provider only: its name is no name to route by.
    ...generation('/tunedModels/{id}'),
    call('/models/{model}:countTokens', 'count-tokens'),
    call('/models/{model}:embedContent', 'embeddings'),
    call('/models/{model}:batchEmbedContents', 'embeddings'),
    call('/models/{model}:asyncBatchEmbedContent'),
    call('/models/{model}:batchGenerateContent'),
    call('/models/{model}:predict'),
    call('/models/{model}:predictLongRunning'),
    get('/models', 'models'),
    get('/models/{model}/operations/{id}'),
    get('/models/{model}', 'models'),
    get('/tunedModels'),
    get('/tunedModels/{id}'),
    get('/batches'),
    get('/batches/{id}'),
    call('/batches/{id}:cancel', 'other', 'any'),
    remove('/batches/{id}'),
    call('/cachedContents'),
    get('/cachedContents'),
    get('/cachedContents/{id}'),
    { ...call('/cachedContents/{id}'), method: 'PATCH' },
    remove('/cachedContents/{id}'),
    call('/interactions'),
    { ...get('/interactions/{id}'), query: { stream: 'true' }, stream: 'sse' as const },
    get('/interactions/{id}'),
    call('/interactions/{id}/cancel', 'other', 'any'),
    remove('/interactions/{id}'),
  ].map(endpoint => ({ ...endpoint, path: version + endpoint.path })),
)

/** Without `alt=sse` a stream is one JSON array, sent element by element. */
function generation(model: string): readonly Endpoint[] {
  const stream = call(`${model}:streamGenerateContent`, 'generate')
  return [
    call(`${model}:generateContent`, 'generate'),
    { ...stream, query: { alt: 'sse' }, stream: 'sse' },
    { ...stream, query: { $alt: 'sse' }, stream: 'sse' },
    { ...stream, stream: 'json-array' },
  ]
}

function call(path: string, operation: Operation = 'other', body: Endpoint['body'] = 'json'): Endpoint {
  return { method: 'POST', path, operation, body }
}

function get(path: string, operation: Operation = 'other'): Endpoint {
  return { method: 'GET', path, operation, body: 'none' }
}

function remove(path: string): Endpoint {
  return { method: 'DELETE', path, operation: 'other', body: 'none' }
}
