import type { IncomingMessage } from 'node:http'
import { Transform } from 'node:stream'
import type { Dialect } from '../dialect.ts'
import type { GatewayError } from '../errors.ts'
import type { Attempt, AttemptFailure, OutgoingAttempt, ResponseHead } from '../exchange.ts'
import { JsonRequest, type Target } from '../json-request.ts'
import type { LlmRequest } from '../request.ts'
import { applyChanges, removeHeader, requestHeaders, setHeader, toRecord } from '../upstream/headers.ts'
import type { Provider } from '../upstream/provider.ts'
import { letGo, tooLarge } from './body.ts'
import type { CodedBody } from './coded-body.ts'
import type { ServedExchange } from './exchange.ts'
import { Relay } from './relay.ts'
import { editQuery, hasParameter } from './request-head.ts'
import { sendReply } from './respond.ts'
import type { Next } from './walk.ts'

/** Why an attempt came to nothing. */
export interface Failed {
  readonly kind: AttemptFailure | number
  readonly error: GatewayError
  readonly head?: ResponseHead | undefined
  /** What follows, where that had to be known to hold an answer back. */
  readonly next?: Next
  /**
   * It says less than a failure before it: it was never sent, as a gate was closed or a plugin could not make its request,
   * or was sent with a key of the gateway's that is not good.
   */
  readonly isUnmade?: boolean
}

/** Says what would follow an attempt's failure. An answer is the client's only where nothing does. */
export interface Follower {
  /** What an attempt before this one failed with. */
  readonly failure: GatewayError | undefined
  next(kind: AttemptFailure | number, head: ResponseHead | undefined): Next | null
}

/** Null once the client is being answered. */
export type AttemptResult = Failed | null

export interface Sending {
  readonly exchange: ServedExchange
  readonly provider: Provider
  readonly planned: Attempt
  /** Null for a path no dialect serves. */
  readonly request: LlmRequest | null
  readonly walk: Follower
}

/** Sends one attempt. Resolves as soon as its response is being relayed, or it has failed. */
export function send(sending: Sending): Promise<AttemptResult> {
  const outgoing = prepare(sending)
  if (!isTouched(sending)) return dispatch(sending, outgoing)
  return touch(sending, outgoing).then(touched => (sending.exchange.isOver ? null : leave(sending, touched)))
}

/** Whether anybody means to change the attempt. Egress is for requests of a dialect, whose bodies are whole. */
function isTouched({ exchange, planned, request }: Sending): boolean {
  if (request === null) return false
  const { egress, isEgressWanted } = exchange.generation.hooks
  return planned.touch !== undefined || (egress !== null && isEgressWanted(planned, request, exchange))
}

function leave(sending: Sending, outgoing: Outgoing): Promise<AttemptResult> | null {
  if (!outgoing.reply) return dispatch(sending, outgoing)
  sending.exchange.keepAlive?.stop()
  sendReply(sending.exchange, outgoing.reply)
  return null
}

function dispatch(sending: Sending, outgoing: Outgoing): Promise<AttemptResult> {
  const { provider, planned } = sending
  const objection = gateOf(planned)
  if (objection) return Promise.resolve({ kind: 'connect', error: objection, isUnmade: true })
  return new Promise(resolve => {
    const { timeouts } = planned
    const relay = new Relay(sending, resolve, outgoing)
    const isReused = provider.pool.dispatch(
      {
        method: outgoing.method,
        path: outgoing.path,
        headers: outgoing.headers,
        body:
          sending.exchange.codedBody === null ? outgoing.body : coded(sending, outgoing, sending.exchange.codedBody),
        headersTimeout: timeouts?.headers ?? 0,
        bodyTimeout: timeouts?.idle ?? 0,
      },
      relay,
    )
    relay.sent(isReused, timeouts?.total ?? provider.totalTimeout)
  })
}

/** A body that came coded leaves so where it was meant to go and nobody changed it; else plain. */
function coded({ exchange, provider }: Sending, { headers, body }: Outgoing, { received, plain }: CodedBody) {
  const { generation, dialect } = exchange
  if (body === plain && generation.home(dialect).provider === provider.name) return received
  removeHeader(headers, 'content-encoding')
  return body
}

function gateOf(planned: Attempt): GatewayError | undefined {
  for (const gate of planned.gates ?? []) {
    const objection = gate(planned)
    if (objection) return objection
  }
  return undefined
}

export interface Outgoing {
  readonly method: string
  readonly path: string
  readonly headers: string[]
  /** Whether a key of the provider's is among them, and not the client's. */
  readonly hasProviderKey: boolean
  readonly hasClientCredential: boolean
  /** The request with the attempt's model; null for a path no dialect serves. */
  readonly request: LlmRequest | null
  readonly body: Buffer | NodeJS.ReadableStream | null
  /** What is asked for where a plugin's last touch says so. */
  readonly model?: string | undefined
  readonly translation?: OutgoingAttempt['translation']
  readonly reply?: OutgoingAttempt['reply']
}

/** What leaves when no plugin touches it. */
function prepare({ exchange, provider, planned, request: asked }: Sending): Outgoing {
  const { generation, message, head, endpoint } = exchange
  const dialect = spokenWith(provider, exchange)
  const request = asked !== null && planned.model !== undefined ? asked.withModel(planned.model) : asked
  const target = targetOf(request, exchange)
  const isClientTrusted = exchange.hasOwnCredentials && generation.home(exchange.dialect).provider === provider.name
  const isQueryTrusted = isClientTrusted && hasParameter(target.query, dialect.credentials.query ?? [])
  const {
    list: headers,
    hasProviderKey,
    hasClientCredential,
  } = requestHeaders(message.rawHeaders, provider, {
    secrets: generation.secretHeaders,
    rule: dialect.credentials,
    isClientTrusted,
    hasQueryCredential: isQueryTrusted,
    key: planned.key ?? 0,
    isPlain: (generation.hooks.streamChunk !== null || planned.hold !== undefined) && endpoint !== null,
  })
  for (const name in planned.headers) setHeader(headers, name, planned.headers[name]!)
  const { takenParameters } = exchange
  const kept = takenParameters ? editQuery(target.query, takenParameters, () => null) : target.query
  const query = isQueryTrusted ? kept : withoutSecrets(kept, generation.secretQuery)
  return {
    method: head.method,
    path: placed(provider.path(dialect, target.path, endpoint !== null), query),
    headers,
    hasProviderKey,
    hasClientCredential,
    request,
    body: request === null ? streamedBody(exchange, headers) : request.bytes.length > 0 ? request.bytes : null,
  }
}

/** The same after the plugins' last touch. */
async function touch(sending: Sending, outgoing: Outgoing): Promise<Outgoing> {
  const { exchange, planned } = sending
  const { hooks, secretHeaders } = exchange.generation
  const request = outgoing.request!
  const shown: OutgoingAttempt = {
    ...planned,
    method: outgoing.method,
    path: outgoing.path,
    headers: toRecord(outgoing.headers, secretHeaders),
    request,
    body: (outgoing.body as Buffer | null) ?? NO_BODY,
  }
  const own = planned.touch?.(shown, exchange) ?? shown
  const changed = (await hooks.egress?.promise(own, sending.request!, exchange)) ?? own
  if (changed.headers !== shown.headers) applyChanges(outgoing.headers, shown.headers, changed.headers)
  const { method, model, translation, reply } = changed
  const isRemade = changed.request !== request
  const bytes = isRemade && changed.body === shown.body ? changed.request.bytes : changed.body
  const path = isRemade && changed.path === shown.path ? moved(sending, outgoing, changed.request) : changed.path
  return { ...outgoing, method, path, model, body: bytes.length > 0 ? bytes : null, translation, reply }
}

/** The path of a request that a plugin changed: the model may be in it. */
function moved({ exchange, provider }: Sending, outgoing: Outgoing, request: LlmRequest): string {
  const target = targetOf(request, exchange)
  if (target.path === targetOf(outgoing.request, exchange).path) return outgoing.path
  const mark = outgoing.path.indexOf('?')
  const path = provider.path(spokenWith(provider, exchange), target.path, true)
  return mark < 0 ? path : path + outgoing.path.slice(mark)
}

function targetOf(request: LlmRequest | null, { head }: ServedExchange): Target {
  return request instanceof JsonRequest ? request.target : { path: head.path, query: head.rawQuery() }
}

function placed(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`
}

const NO_BODY = Buffer.alloc(0)

/** The client's dialect where the provider speaks it, else the one the provider prefers. */
export function spokenWith(provider: Provider, { dialect, generation }: ServedExchange): Dialect {
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
