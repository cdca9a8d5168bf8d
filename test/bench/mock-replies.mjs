import { nowNs } from './clock.mjs'

const TAG_DIGITS = 17
/** What stands before the send time in every delta. */
export const TAG = '@T'

const COMMON = [
  'x-request-id: req_0123456789abcdef0123456789abcdef',
  'openai-organization: bench',
  'openai-processing-ms: 12',
  'openai-version: 2020-10-01',
  'x-ratelimit-limit-requests: 10000',
  'x-ratelimit-remaining-requests: 9999',
  'x-ratelimit-reset-requests: 6ms',
  'strict-transport-security: max-age=31536000; includeSubDomains; preload',
  'x-content-type-options: nosniff',
]

/** The whole reply to a request that is not streamed: head and `bytes` of chat completion. */
export function jsonReply(bytes) {
  const completion = content =>
    JSON.stringify({
      id: 'chatcmpl-bench',
      object: 'chat.completion',
      created: 1700000000,
      model: 'mock',
      choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 200, completion_tokens: 300, total_tokens: 500 },
    })
  const body = completion('word '.repeat(bytes / 5 + 1).slice(0, Math.max(0, bytes - completion('').length)))
  return Buffer.from(`${head('application/json', `content-length: ${body.length}`)}${body}`, 'latin1')
}

/** Makes an SSE reply's pieces: `head`, `event()` with a fresh tag, and `end`. Each event is one HTTP chunk of `bytes`. */
export function sseReply(bytes) {
  const [before, after] = JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion.chunk',
    created: 1700000000,
    model: 'mock',
    choices: [{ index: 0, delta: { content: TAG }, finish_reason: null }],
  }).split(TAG)
  return { ...streamOf('data: ', before, after, bytes), end: ended('data: [DONE]\n\n') }
}

/** The same as a stream of Messages events. */
export function messagesReply(bytes) {
  const delta = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: TAG } }
  const [before, after] = JSON.stringify(delta).split(TAG)
  const usage = { input_tokens: 200, output_tokens: 1 }
  const message = { id: 'msg_bench', type: 'message', role: 'assistant', model: 'mock', content: [], stop_reason: null }
  const first = named(
    { type: 'message_start', message: { ...message, stop_sequence: null, usage } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  )
  const last = named(
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 300 } },
    { type: 'message_stop' },
  )
  const stream = streamOf(`event: ${delta.type}\ndata: `, before, after, bytes)
  return { ...stream, head: Buffer.concat([stream.head, framed(first)]), end: ended(last) }
}

function named(...events) {
  return events.map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
}

function ended(text) {
  return Buffer.concat([framed(text), Buffer.from('0\r\n\r\n')])
}

function streamOf(prefix, before, after, bytes) {
  const start = `${prefix}${before}${TAG}${'0'.repeat(TAG_DIGITS)} `
  const stop = `${after}\n\n`
  const event = framed(`${start}${'x'.repeat(Math.max(0, bytes - start.length - stop.length))}${stop}`)
  const tagAt = event.indexOf(TAG) + TAG.length
  return {
    head: Buffer.from(head('text/event-stream; charset=utf-8', 'transfer-encoding: chunked'), 'latin1'),
    event() {
      const copy = Buffer.allocUnsafe(event.length)
      event.copy(copy)
      copy.latin1Write(String(nowNs()).padStart(TAG_DIGITS, '0'), tagAt)
      return copy
    },
  }
}

function framed(text) {
  return Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`, 'latin1')
}

function head(type, framing) {
  return `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n${framing}\r\n${COMMON.join('\r\n')}\r\n\r\n`
}
