// What an exchange costs the recording worker: a request of 200 KB, an answer of 100 events; turns of one session, each
// of which adds two messages to what went before. Run `npx tsc -p tsconfig.json` first.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '../../../dist/src/node-flags.js'
import * as chat from '../../../dist/plugins/openai/codec/chat/index.js'
import { createWriter as createJsonl } from '../../../dist/plugins/session-jsonl/writer.js'
import { FRAME } from '../../../dist/plugins/session-recorder/frames.js'
import { loadUnzstd } from '../../../dist/plugins/session-recorder/worker/content.js'
import { Recorder } from '../../../dist/plugins/session-recorder/worker/recorder.js'
import { createWriter as createSqlite } from '../../../dist/plugins/session-sqlite/writer.js'
import { agentBody } from '../bodies.mjs'

const EXCHANGES = Number(process.argv[2] ?? 400)
const BATCH = 20
const EVENTS = 100
/** A session begins anew before its request has grown by much. */
const TURNS = 20

const folder = mkdtempSync(join(tmpdir(), 'lunaroute-record-'))
const context = { warn: console.error, startedAt: new Date() }
const jsonl = await createJsonl(
  { directory: join(folder, 'sessions'), retention: { max_age_days: 0, compress_after_days: 0 } },
  context,
)
const sqlite = await createSqlite({ path: join(folder, 'sessions.db') }, context)
const events = []
const recorder = new Recorder({
  modules: { dialects: new Map([['openai', chat]]), redactor: undefined, prices: undefined },
  unzstd: await loadUnzstd(),
  userAgentLength: 100,
  knows: () => false,
  emit: list => events.push(...list),
})
const answer = answerOf(EVENTS)
const bodies = Array.from({ length: TURNS }, (_, turn) => bodyOf(turn))
const spent = { read: 0, jsonl: 0, sqlite: 0 }
for (let i = 0; i < 2 * EXCHANGES; i++) {
  if (i === EXCHANGES) for (const key in spent) spent[key] = 0
  const session = String(Math.floor(i / TURNS))
  await timed('read', () => exchange(i, session, bodies[i % TURNS]))
  if ((i + 1) % BATCH !== 0) continue
  const batch = events.splice(0)
  await timed('jsonl', () => jsonl.write(batch))
  await timed('sqlite', () => sqlite.write(batch))
}
console.log('us per exchange'.padEnd(20), 'share')
const all = Object.values(spent).reduce((sum, each) => sum + each)
for (const [name, time] of [...Object.entries(spent), ['all', all]]) {
  console.log(name.padEnd(9), String(Math.round(time / EXCHANGES)).padStart(10), (time / all).toFixed(2).padStart(6))
}
await jsonl.close?.()
await sqlite.close?.()
rmSync(folder, { recursive: true })

async function timed(key, work) {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  spent[key] += user + system
}

function exchange(number, session, body) {
  const take = (kind, value, time) => recorder.take(kind, number, time, Buffer.from(value))
  const head = {
    id: `bench-${number}`,
    startedAt: Date.now(),
    dialect: 'openai',
    method: 'POST',
    path: '/v1/chat/completions',
    query: '',
    headers: ['content-type', 'application/json', 'user-agent', 'bench', 'x-session-id', session],
    listener: 'default',
    address: '127.0.0.1',
    operation: 'generate',
    hasJsonBody: true,
    stream: null,
    caller: session,
    callerKey: null,
  }
  const attempt = { provider: 'openai', model: 'mock', route: null, routeReason: null }
  const outcome = { ...attempt, number: 1, startedAt: 1, endedAt: 9, status: 200 }
  const end = {
    outcome: 'ok',
    error: null,
    model: 'mock',
    status: 200,
    headers: ['content-type', 'text/event-stream'],
    duration: 10,
    requestBytes: body.length,
    responseBytes: EVENTS * answer[0].length,
    attempts: [outcome],
    usage: null,
    route: null,
  }
  take(FRAME.head, JSON.stringify(head), 0)
  take(FRAME.body, body, 0.5)
  take(FRAME.attempt, JSON.stringify(attempt), 1)
  for (const [i, each] of answer.entries()) take(FRAME.bytes, each, 2 + i / 20)
  take(FRAME.end, JSON.stringify(end), 10)
}

function bodyOf(turn) {
  const body = JSON.parse(agentBody('mock', 200_000, true))
  for (let i = 0; i < turn; i++) {
    body.messages.push({ role: 'assistant', content: `Turn ${i}: that is done.` })
    body.messages.push({ role: 'user', content: `Turn ${i}: go on, please.` })
  }
  return Buffer.from(JSON.stringify(body))
}

function answerOf(count) {
  const chunk = (delta, finish) => ({
    id: 'chatcmpl-bench',
    object: 'chat.completion.chunk',
    created: 1700000000,
    model: 'mock',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })
  const chunks = Array.from({ length: count - 1 }, (_, i) => chunk({ content: `word ${i} of the answer ` }, null))
  return [...chunks, chunk({}, 'stop')].map(each => `data: ${JSON.stringify(each)}\n\n`)
}
