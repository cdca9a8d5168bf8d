import type { IncomingMessage } from 'node:http'
import { Transform } from 'node:stream'
import type { Dialect } from '../dialect.ts'
import type { GatewayError } from '../errors.ts'
import type { Attempt, AttemptFailure, OutgoingAttempt } from '../exchange.ts'
import { JsonRequest } from '../json-request.ts'
import type { LlmRequest } from '../request.ts'
import { applyChanges, requestHeaders, setHeader, toRecord } from '../upstream/headers.ts'
import type { Provider } from '../upstream/provider.ts'
import { letGo, tooLarge } from './body.ts'
import type { ServedExchange } from './exchange.ts'
import { Relay } from './relay.ts'
import { editQuery, hasParameter } from './request-head.ts'
import { sendReply } from './respond.ts'

/** Null once the client is being answered; otherwise why the attempt came to nothing. */
export type AttemptResult = { readonly kind: AttemptFailure | number; readonly error: GatewayError } | null

export interface Sending {
  readonly exchange: ServedExchange
  readonly provider: Provider
  readonly planned: Attempt
  /** Null for a path no dialect serves. */
  readonly request: LlmRequest | null
  /** Whether a response of this status is held back because another try will follow. */
  readonly isHeld: (status: number) => boolean
}

/** Sends one attempt. Resolves as soon as its response is being relayed, or it has failed. */
export function send(sending: Sending): Promise<AttemptResult> {
  const outgoing = prepare(sending)
  const { egress } = sending.exchange.generation.hooks
  if (egress === null || sending.request === null) return dispatch(sending, outgoing)
  return touch(sending, outgoing).then(touched => (sending.exchange.isOver ? null : leave(sending, touched)))
}

function leave(sending: Sending, outgoing: Outgoing): Promise<AttemptResult> | null {
  if (!outgoing.reply) return dispatch(sending, outgoing)
  sendReply(sending.exchange, outgoing.reply)
  return null
}

function dispatch(sending: Sending, outgoing: Outgoing): Promise<AttemptResult> {
  return new Promise(resolve => {
    const { provider, planned } = sending
    const { timeouts } = planned
    const relay = new Relay(sending, resolve, outgoing.translation)
    const isReused = provider.pool.dispatch(
      {
        method: outgoing.method,
        path: outgoing.path,
        headers: outgoing.headers,
        body: outgoing.body,
        headersTimeout: timeouts?.headers ?? 0,
        bodyTimeout: timeouts?.idle ?? 0,
      },
      relay,
    )
    relay.sent(isReused, timeouts?.total ?? provider.totalTimeout)
  })
}

interface Outgoing {
  readonly method: string
  readonly path: string
  readonly headers: string[]
  readonly body: Buffer | NodeJS.ReadableStream | null
  readonly translation?: OutgoingAttempt['translation']
  readonly reply?: OutgoingAttempt['reply']
}

/** What leaves when no plugin touches it. */
function prepare({ exchange, provider, planned, request: asked }: Sending): Outgoing {
  const { generation, message, head, endpoint } = exchange
  const dialect = spokenWith(provider, exchange)
  const request = asked !== null && planned.model !== undefined ? asked.withModel(planned.model) : asked
  const target = request instanceof JsonRequest ? request.target : { path: head.path, query: head.rawQuery() }
  const isClientTrusted = exchange.hasOwnCredentials && generation.home(exchange.dialect).provider === provider.name
  const isQueryTrusted = isClientTrusted && hasParameter(target.query, dialect.credentials.query ?? [])
  const headers = requestHeaders(message.rawHeaders, provider, {
    secrets: generation.secretHeaders,
    rule: dialect.credentials,
    isClientTrusted,
    hasQueryCredential: isQueryTrusted,
    isPlain: generation.hooks.streamChunk !== null && endpoint !== null,
  })
  for (const name in planned.headers) setHeader(headers, name, planned.headers[name]!)
  const query = isQueryTrusted ? target.query : withoutSecrets(target.query, generation.secretQuery)
  const path = provider.path(dialect, target.path, endpoint !== null)
  return {
    method: head.method,
    path: query === '' ? path : `${path}?${query}`,
    headers,
    body: request === null ? streamedBody(exchange, headers) : request.bytes.length > 0 ? request.bytes : null,
  }
}

/** The same after the plugins' last touch. */
async function touch({ exchange, planned, request }: Sending, outgoing: Outgoing): Promise<Outgoing> {
  const { hooks, secretHeaders } = exchange.generation
  const shown: OutgoingAttempt = {
    ...planned,
    method: outgoing.method,
    path: outgoing.path,
    headers: toRecord(outgoing.headers, secretHeaders),
    body: (outgoing.body as Buffer | null) ?? NO_BODY,
  }
  const changed = (await hooks.egress!.promise(shown, request, exchange)) ?? shown
  if (changed.headers !== shown.headers) applyChanges(outgoing.headers, shown.headers, changed.headers)
  const { method, path, translation, reply } = changed
  const body = changed.body.length > 0 ? changed.body : null
  return { method, path, headers: outgoing.headers, body, translation, reply }
}

const NO_BODY = Buffer.alloc(0)

/** The client's dialect where the provider speaks it, else the one the provider prefers. */
function spokenWith(provider: Provider, { dialect, generation }: ServedExchange): Dialect {
  if (provider.speaks(dialect.name)) return dialect
  return generation.dialects.find(each => each.name === provider.dialects[0]) ?? dialect
}

function withoutSecrets(query: string, secrets: readonly string[]): string {
  return hasParameter(query, secrets) ? editQuery(query, secrets, () => null) : query
}

/** The body of a request no dialect knows, streamed through, but no more of it than the listener takes. */
function streamedBody(
  { message, incoming, listenerInfo }: ServedExchange,
  headers: string[],
): NodeJS.ReadableStream | null {
  const limit = listenerInfo.bodyLimit
  const length = incoming.contentLength
  if (length === undefined) return incoming.isChunked ? message.pipe(limited(limit, message)) : null
  if (length > limit) {
    letGo(message)
    throw tooLarge(limit)
  }
  if (length === 0) return null
  setHeader(headers, 'content-length', String(length))
  return message
}

function limited(limit: number, message: IncomingMessage): Transform {
  let received = 0
  const counter = new Transform({
    transform(part: Buffer, _encoding, done) {
      received += part.length
      if (received > limit) {
        message.unpipe(counter)
        letGo(message)
        done(tooLarge(limit))
      } else done(null, part)
    },
  })
  message.on('error', cause => counter.destroy(cause))
  return counter
}
