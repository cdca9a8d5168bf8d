import type { Plan } from '../exchange.ts'
import { checkObject, JsonRequest } from '../json-request.ts'
import type { LlmRequest } from '../request.ts'
import { isPromise } from '../series.ts'
import { readBody } from './body.ts'
import { codingsOf, decodeBody } from './coded-body.ts'
import type { ServedExchange } from './exchange.ts'
import { sendReply } from './respond.ts'
import { Walk } from './walk.ts'

/** How long the taps of `record` may take, in milliseconds, before their generation is let go without them. */
const RECORD_DEADLINE = 30_000

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
    const answered = ingress.promise(exchange)
    const reply = isPromise(answered) ? await answered : answered
    if (exchange.isOver) return
    if (reply) return sendReply(exchange, reply)
  }
  const refusal = exchange.refusal()
  if (refusal) throw refusal
  // A path that no dialect serves has no request: its body is streamed through unread.
  let request: LlmRequest | null = null
  if (endpoint !== null) {
    const { message, incoming, listenerInfo } = exchange
    let body = await readBody(message, incoming.contentLength, listenerInfo.bodyLimit)
    exchange.requestBytes = body.length
    if (incoming.contentEncoding !== undefined && endpoint.body === 'json') body = await withoutCoding(exchange, body)
    request = receive(exchange, body)
    if (normalize !== null) {
      const changed = normalize.promise(request, exchange)
      request = (isPromise(changed) ? await changed : changed) ?? request
    }
    exchange.request = request
  }
  let plan: Plan = endpoint === null ? [] : generation.home(exchange.dialect).plan
  if (route !== null) {
    const reshaped = route.promise(plan, request, exchange)
    plan = (isPromise(reshaped) ? await reshaped : reshaped) ?? plan
  }
  await new Walk(plan, request, exchange).run()
}

function receive(exchange: ServedExchange, body: Buffer): LlmRequest {
  const { endpoint, dialect, head, pathModel } = exchange
  exchange.observers?.requestBody(body)
  exchange.timings.requestEnd = exchange.timings.now
  if (endpoint!.body === 'json') checkObject(body)
  const target = { path: head.path, query: head.rawQuery() }
  exchange.request = new JsonRequest(head, dialect, endpoint!, body, pathModel, target)
  return exchange.request
}

async function withoutCoding(exchange: ServedExchange, body: Buffer): Promise<Buffer> {
  const codings = codingsOf(exchange.incoming.contentEncoding!)
  if (codings.length === 0) return body
  exchange.codedBody = await decodeBody(body, codings, exchange.listenerInfo.bodyLimit)
  return exchange.codedBody.plain
}

/** The end of every exchange, exactly once: its outcome is known, `record` runs, and the generation is let go. */
function finish(exchange: ServedExchange): void {
  exchange.close()
  const { generation } = exchange
  const { record } = generation.hooks
  if (record === null) {
    generation.leave(exchange)
    return
  }
  // A tap that never ends must not keep the generation, and with it a shutdown, for ever.
  const late = setTimeout(() => {
    generation.log.error({ exchange: exchange.id }, `record did not end within ${RECORD_DEADLINE / 1000} s`)
    generation.leave(exchange)
  }, RECORD_DEADLINE)
  late.unref()
  // Each tap of `record` catches its own failures: the promise always resolves.
  void record.promise(exchange).then(() => {
    clearTimeout(late)
    generation.leave(exchange)
  })
}
