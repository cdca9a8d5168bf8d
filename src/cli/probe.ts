import { once } from 'node:events'
import { type IncomingMessage, request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { forClients } from './addresses.ts'

/** What answers at an address. */
export type Found =
  | { readonly kind: 'nothing' }
  /** A LunaRoute server; `body` is its JSON answer, or undefined where no plugin serves the path. */
  | { readonly kind: 'ours'; readonly url: string; readonly status: number; readonly body: unknown }
  /** Something else. */
  | { readonly kind: 'foreign' }

/** A server on this machine that takes longer than this, in milliseconds, is not one to hand requests to. */
const PATIENCE = 3_000

/**
 * Asks one path of whatever listens there. It is ours if it says so, or if it carries the header that LunaRoute sets
 * on every response: a configuration need not contain the plugin that serves `/healthz`.
 */
export async function probe(host: string, port: number, path: string): Promise<Found> {
  const address = `${forClients(host)}:${port}`
  const plain = await ask(`http://${address}${path}`)
  if (plain === 'nothing') return { kind: 'nothing' }
  // Nothing secret is sent or believed here, so a certificate made for another name does no harm.
  const answer = plain === 'not-http' ? await ask(`https://${address}${path}`) : plain
  if (typeof answer === 'string') return { kind: 'foreign' }
  const { status, body, isMarked } = answer
  const isOurs = isMarked || (typeof body === 'object' && body !== null && 'service' in body && body.service === NAME)
  const url = `${answer.url.protocol}//${answer.url.host}`
  return isOurs ? { kind: 'ours', url, status, body } : { kind: 'foreign' }
}

const NAME = 'lunaroute'
const MARK = 'x-lunaroute-request-id'

interface Answer {
  readonly url: URL
  readonly status: number
  readonly body: unknown
  /** Whether it carries our header. */
  readonly isMarked: boolean
}

async function ask(target: string): Promise<Answer | 'nothing' | 'not-http' | 'silent'> {
  const url = new URL(target)
  const isPlain = url.protocol === 'http:'
  const signal = AbortSignal.timeout(PATIENCE)
  const options = { agent: false, headers: { connection: 'close' }, rejectUnauthorized: false, signal }
  const request = (isPlain ? overHttp : overHttps)(url, options).end()
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    // What fails from here on fails as the response's body, too.
    request.on('error', () => undefined)
    const bytes = await buffer(response)
    const { statusCode: status = 0, headers } = response
    const isMarked = headers[MARK] !== undefined
    // What a plain request to a TLS port gets from some servers.
    if (isPlain && status === 400 && !isMarked) return 'not-http'
    return { url, status, body: parsed(bytes), isMarked }
  } catch (error) {
    if (signal.aborted) return 'silent'
    return NOBODY.has((error as NodeJS.ErrnoException).code ?? '') ? 'nothing' : 'not-http'
  }
}

const NOBODY: ReadonlySet<string> = new Set(['ECONNREFUSED', 'EADDRNOTAVAIL', 'ENETUNREACH', 'EHOSTUNREACH'])

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}
