import type { Dialect, ErrorView } from './dialect.ts'

/** What a gateway speaks for itself when no dialect is loaded or claims a request: only errors. */
export const PLAIN_DIALECT: Dialect = Object.freeze({
  name: 'none',
  endpoints: [],
  claims: () => false,
  peek: [],
  credentials: { headers: [], header: (key: string) => ['authorization', `Bearer ${key}`] as const },
  versions: [],
  basePath: 'prefix' as const,
  errorBody: ({ code, message, requestId }: ErrorView) => ({ error: { code, message, request_id: requestId } }),
  errorEvent: (error: ErrorView) =>
    `data: ${JSON.stringify({ error: { code: error.code, message: error.message } })}\n\n`,
})
