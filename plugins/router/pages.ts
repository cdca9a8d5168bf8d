import { type Exchange, GatewayError, type Reply, strangerOf } from 'lunaroute'
import type { Explanation } from './explanation.ts'

const LIST_PAGE = '/admin/routes'
const TEST_PAGE = '/admin/routes/test'

const METHODS = new Map([
  [LIST_PAGE, 'GET'],
  [TEST_PAGE, 'POST'],
])
const BODY_LIMIT = 10 * 1024 * 1024

export interface PageSources {
  list(): object
  explain(description: unknown): Promise<Explanation>
}

/** The answer to a question for one of the router's pages; undefined for any other path. */
export function answerPage(exchange: Exchange, sources: PageSources): Promise<Reply> | undefined {
  const { endpoint, head } = exchange
  const allow = endpoint === null ? METHODS.get(head.path) : undefined
  return allow === undefined ? undefined : answer(exchange, allow, sources)
}

async function answer(exchange: Exchange, allow: string, sources: PageSources): Promise<Reply> {
  const { path, method } = exchange.head
  const reason = strangerOf(exchange)
  if (reason !== undefined) {
    throw new GatewayError('LR_FORBIDDEN', 403, `${path} is for programs on this machine only: ${reason}`)
  }
  if (method !== allow) {
    throw new GatewayError('LR_METHOD', 405, `${path} takes ${allow} only`, { headers: { allow } })
  }
  const headers = { 'cache-control': 'no-store' }
  if (path === LIST_PAGE) return { status: 200, headers, body: sources.list() }
  return { status: 200, headers, body: await sources.explain(parsed(await exchange.readBody(BODY_LIMIT))) }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    throw new GatewayError('LR_BAD_JSON', 400, 'the body is not JSON: describe a request as { path, headers, body }')
  }
}
