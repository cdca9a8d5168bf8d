// What translating a stream costs per event, JSON parse and stringify included. Run `npx tsc -p tsconfig.json` first.
import { messagesCodec } from '../../../dist/plugins/anthropic/codec/index.js'
import { chatCodec } from '../../../dist/plugins/openai/codec/chat/index.js'

const EVENTS = 200
const ROUNDS = 60
const TURNS = 10
const WORDS = 'a few words of café text'

const directions = [
  ['Chat -> Messages', chatCodec, messagesCodec, chatStream()],
  ['Messages -> Chat', messagesCodec, chatCodec, messagesStream()],
  ['Chat -> Chat', chatCodec, chatCodec, chatStream()],
  ['Messages -> Messages', messagesCodec, messagesCodec, messagesStream()],
]

console.log('us per event'.padEnd(24), 'parse + stringify'.padStart(18), 'translate'.padStart(10), 'ratio'.padStart(7))
for (const [name, from, to, stream] of directions) {
  const lean = measure(stream, () => ({ push: frame => frame.json() && JSON.stringify(frame.json()), end: () => '' }))
  const full = measure(stream, () => translator(from, to))
  console.log(
    name.padEnd(24),
    lean.toFixed(2).padStart(18),
    full.toFixed(2).padStart(10),
    (full / lean).toFixed(1).padStart(7),
  )
}

function translator(from, to) {
  const decoder = from.createDecoder()
  const encoder = to.createEncoder(context())
  let written = 0
  const write = events => {
    for (const event of events) {
      for (const frame of encoder.push(event)) {
        if ('comment' in frame) continue
        const data = typeof frame.data === 'string' ? frame.data : JSON.stringify(frame.data)
        written += (frame.event ? `event: ${frame.event}\ndata: ${data}\n\n` : `data: ${data}\n\n`).length
      }
    }
  }
  return {
    push: frame => write(decoder.push(frame)),
    end: () => {
      write(decoder.end())
      return written
    },
  }
}

function measure(stream, create) {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint()
    for (let turn = 0; turn < TURNS; turn++) {
      const reader = create()
      for (const [event, data] of stream) reader.push(frameOf(event, data))
      reader.end()
    }
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1000 / TURNS / stream.length)
  }
  return best
}

function frameOf(event, data) {
  let parsed
  return {
    event,
    data,
    json() {
      if (data === '[DONE]') return undefined
      parsed ??= JSON.parse(data)
      return parsed
    },
  }
}

function chatStream() {
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt', service_tier: 'default' }
  const chunk = (delta, finish = null, more = {}) =>
    JSON.stringify({
      ...head,
      system_fingerprint: 'fp_1',
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      usage: null,
      obfuscation: 'x1y2z3',
      ...more,
    })
  const usage = { prompt_tokens: 10, completion_tokens: 200, total_tokens: 210 }
  return [
    chunk({ role: 'assistant', content: '', refusal: null }),
    ...Array(EVENTS).fill(chunk({ content: WORDS })),
    chunk({}, 'stop'),
    JSON.stringify({ ...head, choices: [], usage }),
    '[DONE]',
  ].map(data => [undefined, data])
}

function messagesStream() {
  const usage = { input_tokens: 10, output_tokens: 1, service_tier: 'standard' }
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', content: [], stop_reason: null }
  const delta = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: WORDS } }
  return [
    { type: 'message_start', message: { ...message, stop_sequence: null, usage } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...Array(EVENTS).fill(delta),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 200 } },
    { type: 'message_stop' },
  ].map(event => [event.type, JSON.stringify(event)])
}

function context() {
  const diagnostics = { isStrict: false, dropped() {}, changed() {}, refused() {} }
  const request = { dialect: 'none', messages: [], stream: { isStream: true, includeUsage: true } }
  return { diagnostics, request, model: 'asked', inputTokens: 9, now: () => 1, id: prefix => `${prefix}1` }
}
