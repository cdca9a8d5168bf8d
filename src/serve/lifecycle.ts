import { setTimeout as sleep } from 'node:timers/promises'
import { GatewayError } from '../errors.ts'
import type { Plan } from '../exchange.ts'
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
export function handle(exchange: ServedExchange): void {
  exchange.generation.enter(exchange)
  exchange.reply.on('close', () => finish(exchange))
  run(exchange).catch(error => exchange.fail(error))
}

async function run(exchange: ServedExchange): Promise<void> {
  const { generation, endpoint, listenerRefusal } = exchange
  const { ingress, normalize, route } = generation.hooks
  if (listenerRefusal) throw listenerRefusal
  if (ingress !== null) {
    const reply = await ingress.promise(exchange)
    if (exchange.isOver) return
    if (reply) return sendReply(exchange, reply)
  }
  const refusal = exchange.refusal()
  if (refusal) throw refusal
  // A path that no dialect serves has no request: its body is streamed through unread.
  let request: LlmRequest | null = null
  if (endpoint !== null) {
    const body = await readBody(exchange.message, exchange.listenerInfo.bodyLimit)
    request = receive(exchange, body)
    if (normalize !== null) request = (await normalize.promise(request, exchange)) ?? request
    exchange.request = request
  }
  let plan: Plan = endpoint === null ? [] : generation.home(exchange.dialect).plan
  if (route !== null) plan = (await route.promise(plan, request, exchange)) ?? plan
  await walk(plan, request, exchange)
}

function receive(exchange: ServedExchange, body: Buffer): LlmRequest {
  const { endpoint, dialect, head, pathModel } = exchange
  exchange.requestBytes = body.length
  exchange.timings.stamp('requestEnd')
  if (endpoint!.body === 'json') checkObject(body)
  const target = { path: head.path, query: head.rawQuery() }
  exchange.request = new JsonRequest(head, dialect, endpoint!, body, pathModel, target)
  return exchange.request
}

/** Makes the attempts of the plan, one after the other and each as often as it says, until one answers the client. */
async function walk(plan: Plan, request: LlmRequest | null, exchange: ServedExchange): Promise<void> {
  let failure: AttemptResult = null
  for (let index = 0, retries = 0; index < plan.length; ) {
    const planned = plan[index]!
    const provider = exchange.generation.providers.get(planned.provider)
    if (!provider) throw unknownProvider(planned.provider)
    const isLast = index === plan.length - 1
    const retry = planned.retry ?? provider.retry
    // A body that is streamed through is gone after the first try.
    const mayRetry = retries < retry.limit && request !== null
    const isHeld = (status: number): boolean =>
      (mayRetry && retry.on.includes(status)) ||
      (!isLast && canRepeat(request, exchange) && (planned.fallbackOn?.includes(status) ?? false))
    failure = await send({ exchange, provider, planned, request, isHeld })
    if (failure === null || exchange.isOver) return
    if (!canRepeat(request, exchange)) break
    if (mayRetry && retry.on.includes(failure.kind)) {
      await pause(retry.delay * 2 ** retries, exchange)
      if (exchange.isOver) return
      retries++
    } else {
      index++
      retries = 0
    }
  }
  throw failure?.error ?? noProvider(exchange)
}

/** A body that streams through unread is gone once some of it has left. */
function canRepeat(request: LlmRequest | null, { message }: ServedExchange): boolean {
  return request !== null || !message.readableDidRead
}

/** Waits, but not for a client that has left. */
async function pause(milliseconds: number, exchange: ServedExchange): Promise<void> {
  const { signal } = exchange
  await sleep(milliseconds, undefined, { signal }).catch(error => {
    if (!signal.aborted) throw error
  })
}

function unknownProvider(name: string): GatewayError {
  return new GatewayError('LR_NO_PROVIDER', 503, `the plan names a provider that is not configured: ${name}`)
}

function noProvider({ endpoint, dialect, head }: ServedExchange): GatewayError {
  if (endpoint) {
    const message = `no provider that speaks ${dialect.name} is configured in this gateway`
    return new GatewayError('LR_NO_PROVIDER', 503, message)
  }
  return new GatewayError('LR_NOT_FOUND', 404, `this gateway serves nothing at ${head.method} ${head.path}`)
}

/** The end of every exchange, exactly once: its outcome is known, `record` runs, and the generation is let go. */
function finish(exchange: ServedExchange): void {
  exchange.close()
  const { generation } = exchange
  const { record } = generation.hooks
  if (record === null) generation.leave(exchange)
  // Each tap of `record` catches its own failures: the promise always resolves.
  else void record.promise(exchange).then(() => generation.leave(exchange))
}
