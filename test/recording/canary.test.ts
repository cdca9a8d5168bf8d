import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import accessLog from '../../plugins/access-log/index.ts'
import admin from '../../plugins/admin/index.ts'
import health from '../../plugins/health/index.ts'
import metrics from '../../plugins/metrics/index.ts'
import pii from '../../plugins/pii/index.ts'
import * as exportCommand from '../../plugins/session-api/cli/export-command.ts'
import * as sessionsCommand from '../../plugins/session-api/cli/sessions-command.ts'
import sessionApi from '../../plugins/session-api/index.ts'
import sessionSqlite from '../../plugins/session-sqlite/index.ts'
import { SqliteStore } from '../../plugins/session-sqlite/store.ts'
import { formatStatistics } from '../../plugins/session-stats/format.ts'
import sessionStats from '../../plugins/session-stats/index.ts'
import { readStored } from '../../plugins/session-stats/stored.ts'
import type { SessionFilter, SessionStore, SessionSummary } from '../../src/sessions/index.ts'
import { sessionStoreService, statisticsService } from '../../src/sessions/index.ts'
import type { TestGateway } from '../../src/testing.ts'
import { runCommand } from '../support/command-call.ts'
import { until } from '../support/until.ts'
import { filesIn, of, recorded, scratch } from './rig.ts'

/** Secrets of forms that are known, each once for every place, so that a hit tells where it was. */
const secret = (n: number): string => `sk-proj-${'Zq8Xv2Lm5Rt9Wc3Yb7Nd'.repeat(2)}${String(n).padStart(4, '0')}`
const HEADERS = [
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'cookie',
  'proxy-authorization',
  'x-session-id',
  'x-session-tags',
  'x-luna-tags',
  'user-agent',
  'x-client-request-id',
  'x-anything',
  'referer',
]

it('finds no secret of any header or place of a body in any file, log, answer or command', async () => {
  const used: string[] = []
  const next = (): string => {
    used.push(secret(used.length))
    return used.at(-1)!
  }
  const directory = scratch()
  const reply = () => ({
    id: next(),
    object: 'chat.completion',
    created: 1,
    model: next(),
    system_fingerprint: next(),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: `the key is ${next()}.`,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'f', arguments: JSON.stringify({ key: next() }) } },
          ],
        },
        finish_reason: 'stop',
      },
    ],
  })
  const stream = () => {
    const text = `a key in pieces: ${next()} and on`
    const pieces = text.match(/.{1,7}/g)!
    const event = (delta: object, finish: string | null) =>
      `data: ${JSON.stringify({ id: 'c', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
    return [...pieces.map(content => event({ content }, null)), event({}, 'stop'), 'data: [DONE]\n\n']
  }
  const { g, stop } = await recorded({
    directory,
    upstream: request => {
      const headers = { 'x-request-id': next(), 'set-cookie': `id=${next()}` }
      if (request.path.includes('missing'))
        return { status: 404, headers, body: { error: { message: `no ${next()}` } } }
      return (request.json() as { stream?: boolean }).stream
        ? { headers, stream: stream() }
        : { headers, body: reply() }
    },
    plugins: [
      pii(),
      health(),
      metrics({ llm: true }),
      admin(),
      sessionSqlite({ path: join(directory, 'sessions.db'), sessions_dir: '' }),
      sessionApi(),
      sessionStats(),
      accessLog({ log_requests: true }),
    ],
  })
  const tail = tailOf(g)
  for (const isStream of [false, true]) {
    const body = {
      model: `m ${next()}`,
      stream: isStream,
      user: next(),
      metadata: { note: next() },
      [next()]: 'a key of an object',
      messages: [
        { role: 'system', content: `use ${next()}` },
        { role: 'user', name: next(), content: [{ type: 'text', text: `mine is ${next()}, keep it` }] },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: next(),
              type: 'function',
              function: { name: 'f', arguments: JSON.stringify({ a: { b: [next()] } }) },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'x', content: next() },
      ],
      tools: [{ type: 'function', function: { name: 'f', description: next(), parameters: { default: next() } } }],
    }
    const headers = Object.fromEntries(
      HEADERS.map(name => [name, name === 'authorization' ? `Bearer ${next()}` : next()]),
    )
    const path = `/v1/chat/completions?key=${next()}&api_key=${next()}&other=${next()}`
    await (await g.post(path, body, headers)).text()
  }
  await (await g.post('/v1/chat/completions', `not json ${next()}`)).text()
  const answers = await answersOf(g)
  const events = await stop()
  answers.push({ where: 'tail', text: await tail }, ...(await printsOf(join(directory, 'sessions.db'))))
  expect(of(events, 'completed').length).toBeGreaterThanOrEqual(2)
  const files = filesIn(directory).map(path => ({ path, text: path + readFileSync(path, 'latin1') }))
  const log = g.logs.join('\n')
  const places = [...files.map(({ path, text }) => ({ where: path, text })), ...answers, { where: 'log', text: log }]
  const hits = used.flatMap((each, i) =>
    places
      .filter(({ text }) => text.includes(each))
      .map(
        ({ where, text }) => `${i}: ${where}: ${text.slice(Math.max(0, text.indexOf(each) - 60), text.indexOf(each))}`,
      ),
  )
  expect(used.length).toBeGreaterThan(50)
  expect(hits).toEqual([])
})

it('without redaction, too, keeps no credential of a header or a query', async () => {
  const word = (place: string): string => `canary-of-${place}-0123456789`
  const names = ['authorization', 'x-api-key', 'x-goog-api-key', 'cookie', 'proxy-authorization', 'x-auth-token']
  const directory = scratch()
  const { g, stop } = await recorded({
    directory,
    upstream: () => ({ headers: { 'set-cookie': `id=${word('set-cookie')}` }, body: { choices: [] } }),
    plugins: [
      metrics(),
      health(),
      admin(),
      sessionSqlite({ path: join(directory, 'sessions.db'), sessions_dir: '' }),
      sessionApi(),
      sessionStats(),
      accessLog({ log_requests: true }),
    ],
  })
  const tail = tailOf(g)
  const headers = Object.fromEntries(names.map(name => [name, `Bearer ${word(name)}`]))
  const path = `/v1/chat/completions?key=${word('key')}&api_key=${word('api_key')}&access_token=${word('token')}`
  await (await g.post(path, { model: 'm', messages: [{ role: 'user', content: 'hello' }] }, headers)).text()
  const answers = await answersOf(g)
  expect(of(await stop(), 'completed')).toHaveLength(1)
  const files = filesIn(directory).map(each => ({ where: each, text: readFileSync(each, 'latin1') }))
  const prints = await printsOf(join(directory, 'sessions.db'))
  const log = { where: 'log', text: g.logs.join('\n') }
  const places = [...files, ...answers, ...prints, { where: 'tail', text: await tail }, log]
  expect(places.filter(({ text }) => text.includes('canary-of-')).map(({ where }) => where)).toEqual([])
  expect(places.some(({ text }) => text.includes('hello'))).toBe(true)
})

interface Place {
  readonly where: string
  readonly text: string
}

const PAGES = ['/metrics', '/readyz', '/healthz', '/admin/status', '/admin/providers', '/admin/session-recorder']
const STATS = ['overview', 'tokens', 'tools', 'models', 'user-agents', 'providers', 'hours', 'costs', 'spending']

/** What the gateway's own pages say, once everything is recorded. */
async function answersOf(g: TestGateway): Promise<Place[]> {
  const read = async (where: string): Promise<Place> => {
    const reply = await g.fetch(where)
    const text = await reply.text()
    expect(reply.status, `${where}: ${text}`).toBe(200)
    return { where, text }
  }
  const list = async () => JSON.parse((await read('/sessions?limit=1000')).text).sessions as SessionSummary[]
  await until(
    async () => {
      const sessions = await list()
      return sessions.length > 0 && sessions.every(each => each.completed_at !== null) && (await isIdle(g))
    },
    'everything is recorded',
    30_000,
  )
  const sessions = await list()
  const paths = [...PAGES, '/sessions', ...STATS.map(each => `/stats/${each}`), '/stats/sessions?format=text']
  for (const { session_id } of sessions) {
    const path = `/sessions/${encodeURIComponent(session_id)}`
    const timeline = await read(`${path}/timeline?limit=1000`)
    const { events } = JSON.parse(timeline.text) as { events: { request_id: string }[] }
    const raws = [...new Set(events.map(each => each.request_id))].map(each => `${path}/raw/${each}`)
    paths.push(path, `${path}/timeline`, `${path}/conversation`, `${path}/tools`, ...raws)
  }
  const answers: Place[] = []
  for (const path of paths) answers.push(await read(path))
  return answers
}

async function isIdle(g: TestGateway): Promise<boolean> {
  const text = await (await g.fetch('/metrics')).text()
  return [...text.matchAll(/^lunaroute_recording_events_pending\S* (\d+)$/gm)].every(([, count]) => count === '0')
}

/** What the live tail has told by the time the gateway closes. */
async function tailOf(g: TestGateway): Promise<string> {
  const reply = await g.fetch('/sessions/tail?full=true')
  return reply.text().catch(() => '')
}

/** What the commands print. */
async function printsOf(path: string): Promise<Place[]> {
  const store = new SqliteStore({ path })
  const statistics = {
    readFrom: (from: SessionStore, filter: SessionFilter) => readStored(from, filter, 1_000),
    format: formatStatistics,
  }
  const offers = new Map<unknown, readonly unknown[]>([
    [sessionStoreService, [store]],
    [statisticsService, [statistics]],
  ])
  const print = async (...[name, ...args]: string[]): Promise<Place> => {
    const command = name === 'export' ? exportCommand : sessionsCommand
    const { code, stdout, stderr } = await runCommand(command, name === 'export' ? args : [name!, ...args], { offers })
    expect(code, stderr).toBe(0)
    return { where: [name, ...args].join(' '), text: stdout + stderr }
  }
  try {
    const { sessions } = await store.list({ limit: 1_000 })
    const calls = [
      ['list'],
      ['list', '--json'],
      ['stats'],
      ['stats', '--json'],
      ['search', 'key'],
      ...['ndjson', 'json', 'csv', 'otlp'].map(each => ['export', '--format', each]),
      ...sessions.flatMap(({ session_id: id }) => [
        ['show', id, '--full'],
        ['show', id, '--json'],
      ]),
    ]
    const prints: Place[] = []
    for (const call of calls) prints.push(await print(...call))
    return prints
  } finally {
    await store.close()
  }
}

const CHAT = '/v1/chat/completions'
const hidden = 'jane.canary%40example-corp.com'
const escaped = 'jane.canary\\u0040example-corp.com'
const plain = 'jane.canary@example-corp.com'
const broken = `{"choices":[{"message":{"content":"x ${escaped} y`
const args = [{ id: 'x', type: 'function', function: { name: 'f', arguments: `{"a":"${escaped}` } }]

it.each<[string, { body?: object | string; headers?: Record<string, string>; status?: number }, unknown, string?]>([
  ['a URL', {}, {}, `${CHAT}?user=${hidden}`],
  ['a header', { headers: { location: `https://x/?e=${hidden}` } }, {}],
  ['an answer that is no JSON', { body: broken }, {}],
  ['a request that is no JSON', {}, broken],
  ['arguments that broke off', { body: { choices: [{ index: 0, message: { tool_calls: args } }] } }, {}],
  ['an answer that ends in a character', { body: Buffer.from(`{"a":"${plain} \u00e9`).subarray(0, -1) }, {}],
  ['an answer in Latin-1', { body: Buffer.from(`${plain} \u00e9`, 'latin1'), status: 400 }, {}],
  [
    'an answer whose coding is another than it says',
    { body: gzipSync(plain, { level: 0 }), headers: { 'content-encoding': 'br' } },
    {},
  ],
])('finds nothing personal where it is written otherwise: in %s', async (_, answer, body, path = CHAT) => {
  const directory = scratch()
  const { g, stop } = await recorded({ directory, upstream: () => answer, plugins: [pii()] })
  await (await g.post(path, body, { referer: `https://x/?e=${hidden}` })).text().catch(() => undefined)
  expect(of(await stop(), 'completed')).toHaveLength(1)
  const files = filesIn(directory).map(each => readFileSync(each, 'utf8'))
  const texts = files.flatMap(text => [
    text,
    ...[...text.matchAll(/"base64":"([^"]*)"/g)].map(([, base64]) => Buffer.from(base64!, 'base64').toString()),
  ])
  expect(texts.filter(text => /jane\.canary(?:@|%40|\\+u0040)example/.test(text))).toEqual([])
})
