import type { Dialect, Endpoint, RequestHead } from '../../src/dialect.ts'

/** A dialect with the given parts, and nothing remarkable otherwise. */
export function dialectOf(name: string, parts: Partial<Dialect> = {}): Dialect {
  return {
    name,
    endpoints: [],
    claims: () => false,
    peek: ['model', 'stream'],
    credentials: { headers: [`${name}-key`], header: key => [`${name}-key`, key] },
    versions: ['/v1'],
    basePath: 'complete',
    errorBody: error => error,
    errorEvent: () => '',
    ...parts,
  }
}

export function endpoint(method: string, path: string, parts: Partial<Endpoint> = {}): Endpoint {
  return { method, path, operation: 'other', body: method === 'POST' ? 'json' : 'none', ...parts }
}

export function headOf(method: string, target: string, headers: Readonly<Record<string, string>> = {}): RequestHead {
  const [path = '', query = ''] = target.split('?')
  return { method, path, query, get: name => headers[name], has: name => name in headers }
}
