// What framing costs per event. Run `npx tsc -p tsconfig.json` first.
import { createFramer } from '../../../dist/src/sse/framer.js'

const EVENTS = 200
const delta = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'a few words of café text' } }
const event = Buffer.from(`event: content_block_delta\ndata: ${JSON.stringify(delta)}\n\n`)
const element = Buffer.from(
  `,\r\n${JSON.stringify({ candidates: [{ content: { parts: [{ text: 'a few words of "text"' }] } }] }, null, 2)}`,
)

const streams = [
  ['sse, an event a chunk', 'sse', Array(EVENTS).fill(event)],
  ['sse, 16 KB chunks', 'sse', cut(Buffer.concat(Array(EVENTS).fill(event)), 16_384)],
  ['sse, 100 byte chunks', 'sse', cut(Buffer.concat(Array(EVENTS).fill(event)), 100)],
  ['array, an element a chunk', 'json-array', [Buffer.from('['), ...Array(EVENTS).fill(element)]],
]
const readers = [
  ['split', () => {}],
  ['+ data', chunk => chunk.data],
  ['+ json()', chunk => chunk.json()],
  ['+ with()', chunk => chunk.with(chunk.json()).raw],
]

console.log('us per event'.padEnd(26), ...readers.map(([name]) => name.padStart(9)))
for (const [name, kind, chunks] of streams) {
  const cells = readers.map(([, read]) => measure(kind, chunks, read).toFixed(2).padStart(9))
  console.log(name.padEnd(26), ...cells)
}

function measure(kind, chunks, read) {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 60; round++) {
    const start = process.hrtime.bigint()
    for (let turn = 0; turn < 10; turn++) {
      const framer = createFramer(kind, read)
      for (const chunk of chunks) framer.push(chunk)
      framer.end()
    }
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 10_000 / EVENTS)
  }
  return best
}

function cut(bytes, size) {
  const parts = []
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size))
  return parts
}
