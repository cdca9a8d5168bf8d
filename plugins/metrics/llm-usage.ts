import { type Chunk, defineSlot, type Exchange, usageSlot } from 'lunaroute'
import { type Decoder, isObject } from 'lunaroute/neutral'

const reading = defineSlot<{ decoder: Decoder | null }>('metrics: usage', () => ({ decoder: null }))

/**
 * Reads what an answer in the client's dialect says of its tokens. Every dialect tells under a key with `usage` in it,
 * so nothing else is decoded. Answers that were translated are told by who translated them.
 */
export function readUsage(chunk: Chunk, exchange: Exchange): void {
  const { endpoint, dialect } = exchange
  if (endpoint?.operation !== 'generate' || !dialect.codec || !/usage/i.test(chunk.data)) return
  const record = exchange.use(usageSlot)
  if (record.isTold) return
  if (chunk.kind === 'body') {
    const body = chunk.json()
    if (isObject(body)) record.add(dialect.codec.readResponse(body).usage)
    return
  }
  const state = exchange.use(reading)
  state.decoder ??= dialect.codec.createDecoder()
  for (const event of state.decoder.push(chunk)) {
    if (event.type === 'usage' || event.type === 'start') record.add(event.usage)
  }
}
