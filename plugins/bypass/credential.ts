import type { Dialect, RequestHead } from 'lunaroute'

/** Whether the request has a key of any dialect's. */
export function carriesCredential(head: RequestHead, dialects: readonly Dialect[]): boolean {
  return dialects.some(
    ({ credentials }) =>
      credentials.headers.some(name => head.has(name)) ||
      credentials.query?.some(name => head.query.split('&').some(part => part.startsWith(`${name}=`))),
  )
}
