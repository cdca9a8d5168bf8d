import { setTimeout as sleep } from 'node:timers/promises'
import { GatewayError, PluginError } from '../errors.ts'
import type { Attempt, Plan } from '../exchange.ts'
import { checkObject, JsonRequest } from '../json-request.ts'
import type { LlmRequest } from '../request.ts'
import { type AttemptResult, send } from './attempt.ts'
import { readBody } from './body.ts'
import type { ServedExchange } from './exchange.ts'
import { sendReply } from './respond.ts'

/**
 * One request through the six hooks; the file to read first. Hooks that nobody taps are null and cost a comparison.
 * `record` runs when the connection is done with the response, however that comes about: see `finish`.
 */
export async function handle(exchange: ServedExchange): Promise<void> {
  exchange.generation.enter(exchange)
  exchange.reply.once('close', () => void finish(exchange))
  try {
    await run(exchange)
  } catch (error) {
    logUnexpected(exchange, error)
    exchange.fail(error)
  }
}

async function run(exchange: ServedExchange): Promise<void> {
  if (exchange.listenerRefusal) throw exchange.listenerRefusal
  const { hooks } = exchange.generation
  if (hooks.ingress !== null) {
    const reply = await hooks.ingress.promise(exchange)
    if (exchange.isOver) return
    if (reply) return sendReply(exchange, reply)
  }
  const refusal = exchange.refusal()
  if (refusal) throw refusal
  let request = await readRequest(exchange)
  if (request && hooks.normalize !== null) request = (await hooks.normalize.promise(request, exchange)) ?? request
  exchange.request = request
  let plan: Plan = exchange.endpoint ? exchange.generation.home(exchange.dialect).plan : []
  if (hooks.route !== null) plan = (await hooks.route.promise(plan, request, exchange)) ?? plan
  await walk(plan, request, exchange)
}

/** The request with its body, or null for a path no dialect serves: such a body is streamed through unread. */
async function readRequest(exchange: ServedExchange): Promise<LlmRequest | null> {
  const { endpoint, dialect, head, message } = exchange
  if (!endpoint) return null
  const bytes = await readBody(message, exchange.listenerInfo.bodyLimit)
  exchange.requestBytes = bytes.length
  exchange.timings.stamp('requestEnd')
  if (endpoint.body === 'json') checkObject(bytes)
  const target = { path: head.path, query: head.rawQuery() }
  const request = new JsonRequest(head, dialect, endpoint, bytes, exchange.pathModel, target)
  exchange.request = request
  return request
}

/** Makes the attempts of the plan, one after the other, until one has begun to answer the client. */
async function walk(plan: Plan, request: LlmRequest | null, exchange: ServedExchange): Promise<void> {
  let failed: AttemptResult = null
  for (const [index, planned] of plan.entries()) {
    const isLast = index === plan.length - 1
    failed = await tryRepeatedly(planned, isLast, request, exchange)
    if (failed === null || exchange.isOver) return
  }
  throw failed?.error ?? noProvider(exchange)
}

async function tryRepeatedly(
  planned: Attempt,
  isLast: boolean,
  request: LlmRequest | null,
  exchange: ServedExchange,
): Promise<AttemptResult> {
  const provider = exchange.generation.providers.get(planned.provider)
  if (!provider) {
    throw new GatewayError(
      'LR_NO_PROVIDER',
      503,
      `the plan names a provider that is not configured: ${planned.provider}`,
    )
  }
  const retry = planned.retry ?? provider.retry
  for (let retries = 0; ; retries++) {
    const mayRetry = retries < retry.limit && request !== null
    const isHeld = (status: number): boolean =>
      (mayRetry && retry.on.includes(status)) || (!isLast && (planned.fallbackOn?.includes(status) ?? false))
    const failure = await send({ exchange, provider, planned, request, isHeld })
    if (failure === null || exchange.isOver) return failure
    if (!mayRetry || !retry.on.includes(failure.kind)) return failure
    await pause(retry.delay * 2 ** retries, exchange)
    if (exchange.isOver) return failure
  }
}

/** Waits, but not for a client that has left. */
async function pause(milliseconds: number, exchange: ServedExchange): Promise<void> {
  const { signal } = exchange
  await sleep(milliseconds, undefined, { signal }).catch(error => {
    if (!signal.aborted) throw error
  })
}

function noProvider({ endpoint, dialect, head }: ServedExchange): GatewayError {
  if (endpoint) {
    return new GatewayError(
      'LR_NO_PROVIDER',
      503,
      `no provider that speaks ${dialect.name} is configured in this gateway`,
    )
  }
  return new GatewayError('LR_NOT_FOUND', 404, `this gateway serves nothing at ${head.method} ${head.path}`)
}

/** The end of every exchange, exactly once: its outcome is known, `record` runs, and the generation is let go. */
async function finish(exchange: ServedExchange): Promise<void> {
  exchange.close()
  const { record } = exchange.generation.hooks
  try {
    if (record !== null) await record.promise(exchange)
  } finally {
    exchange.generation.leave(exchange)
  }
}

/** A refusal is the client's business; what broke is the operator's. */
function logUnexpected({ id, generation }: ServedExchange, error: unknown): void {
  if (!(error instanceof GatewayError) || error instanceof PluginError) {
    generation.log.error({ err: error, exchange: id }, 'an exchange failed')
  } else if (error.cause !== undefined) {
    const reason = error.cause instanceof Error ? error.cause.message : String(error.cause)
    generation.log.warn({ code: error.code, reason, exchange: id }, error.message)
  }
}
