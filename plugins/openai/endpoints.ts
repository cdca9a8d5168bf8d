import type { Endpoint, Operation } from 'lunaroute'

/** A JSON request. */
export function post(path: string, operation: Operation = 'other'): Endpoint {
  return { method: 'POST', path, operation, body: 'json' }
}

/** A request without a body. */
export function get(path: string, operation: Operation = 'other'): Endpoint {
  return { method: 'GET', path, operation, body: 'none' }
}

export function remove(path: string): Endpoint {
  return { method: 'DELETE', path, operation: 'other', body: 'none' }
}

/** A verb on a stored object: its body may be missing. */
export function act(path: string): Endpoint {
  return { method: 'POST', path, operation: 'other', body: 'any' }
}

/** Each endpoint twice: under `/v1`, and bare for clients whose base URL does not end in a version. */
export function withAndWithoutVersion(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  return endpoints.flatMap(endpoint => [{ ...endpoint, path: `/v1${endpoint.path}` }, endpoint])
}
