import { definePlugin } from '../plugin.ts'

/** The dialect of a harness or gateway whose plugins bring none: small, JSON, and nobody's. */
export const testDialect = definePlugin({
  name: 'test-dialect',
  dialects: [
    {
      name: 'test',
      endpoints: [
        { method: 'POST', path: '/v1/generate', operation: 'generate', body: 'json' },
        { method: 'POST', path: '/v1/models/{model}:generate', operation: 'generate', body: 'json' },
        { method: 'GET', path: '/v1/models', operation: 'models', body: 'none' },
      ],
      claims: () => false,
      peek: ['model', 'stream', 'session'],
      credentials: { headers: ['x-test-key'], query: ['test_key'], header: key => ['x-test-key', key] },
      versions: ['/v1'],
      basePath: 'complete',
      session(request) {
        const session = request.peek('session')
        return typeof session === 'string' ? session : undefined
      },
      errorBody: ({ code, message, requestId }) => ({ error: { code, message, requestId } }),
      errorEvent: ({ code, message }) => `event: error\ndata: ${JSON.stringify({ code, message })}\n\n`,
    },
  ],
  providers: { test: { dialect: 'test', base_url: 'https://provider.test/v1', api_key_env: 'TEST_API_KEY' } },
  setup: () => ({}),
})
