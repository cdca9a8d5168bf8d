// What the plugin `validate` costs a request. Run `npx tsc -p tsconfig.json` first.
import { openaiChat } from '../../../dist/plugins/openai/chat.js'
import validate from '../../../dist/plugins/validate/index.js'
import { JsonRequest } from '../../../dist/src/json-request.js'

const head = { method: 'POST', path: '/v1/chat/completions', query: '', get: () => undefined, has: () => false }
const endpoint = openaiChat.endpoints.find(each => each.path === head.path)
const limits = { all: Number.MAX_SAFE_INTEGER, none: 0 }
const hooks = {
  'UTF-8 only': validate().setup({ parse_up_to: limits.none, scan_up_to: limits.none }, {}),
  '+ scan': validate().setup({ parse_up_to: limits.none, scan_up_to: limits.all }, {}),
  '+ parse': validate().setup({ parse_up_to: limits.all, scan_up_to: limits.all }, {}),
}

console.log('body'.padEnd(10), ...Object.keys(hooks).map(name => name.padStart(12)))
for (const kilobytes of [1, 16, 200, 1000, 2000]) {
  const bytes = body(kilobytes)
  const costs = Object.values(hooks).map(({ normalize }) => measure(() => normalize(fresh(bytes))))
  console.log(`${kilobytes} KB`.padEnd(10), ...costs.map(cost => `${cost.toFixed(1)} us`.padStart(12)))
}

// What a request finds out about its body it keeps, so each turn needs a new one.
function fresh(bytes) {
  return new JsonRequest(head, openaiChat, endpoint, bytes, null, { path: head.path, query: '' })
}

// The best of several rounds: on a shared machine the others measure the neighbours.
function measure(work) {
  let best = Number.POSITIVE_INFINITY
  let turns = 1
  for (let round = 0; round < 30; round++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < turns; i++) work()
    const took = Number(process.hrtime.bigint() - start) / 1000
    if (round > 3) best = Math.min(best, took / turns)
    if (took < 5000) turns = Math.ceil((turns * 10_000) / Math.max(took, 1))
  }
  return best
}

function body(kilobytes) {
  const line = '  const name = \'café\' // a line of "source", as tool results carry it\n'
  const messages = []
  const made = { model: 'gpt-x', stream: true, messages }
  const each = Math.min(kilobytes * 1000, 4000)
  for (let length = 0; length < kilobytes * 1000; length += each) {
    messages.push({ role: 'user', content: line.repeat(Math.ceil(each / line.length)) })
  }
  return Buffer.from(JSON.stringify(made))
}
