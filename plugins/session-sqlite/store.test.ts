import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { SessionEvent, SessionSummary } from '../../src/sessions/index.ts'
import { sessionStoreService, sessionWriterService } from '../../src/sessions/index.ts'
import { testFolder } from '../../test/support/folder.ts'
import { serve } from '../../test/support/serving.ts'
import { bench, shape } from '../../test/support/session-database.ts'
import { sessionEvents } from '../../test/support/sessions.ts'
import { openDatabase } from './driver.ts'
import sessionSqlite from './index.ts'
import { SqliteReader } from './reader.ts'
import { MIGRATIONS } from './schema.ts'
import { SqliteStore } from './store.ts'

describe('a database of an older LunaRoute', () => {
  function oldDatabase(path: string): void {
    const database = openDatabase(path, { isReadOnly: false })
    database.exec('CREATE TABLE schema_version (version INTEGER PRIMARY KEY); INSERT INTO schema_version VALUES (5)')
    database.exec(MIGRATIONS[0]!.sql)
    database.exec(`INSERT INTO sessions (session_id, request_id, started_at, completed_at, provider, listener,
      model_requested, model_used, success, input_tokens, output_tokens, provider_latency_ms, request_text)
      VALUES ('rust', 'r1', '2026-01-02T03:04:05.678901+00:00', '2026-01-02T03:04:07+00:00', 'anthropic', 'anthropic',
      'claude-3', 'claude-3', 1, 12, 34, 1200, 'an ancient question')`)
    database.exec(`INSERT INTO tool_call_executions (session_id, request_id, tool_call_id, tool_name, tool_arguments)
      VALUES ('rust', 'r1', 't1', 'Read', '{"path":"zebra"}')`)
    database.close()
  }

  it('is brought up to date, with what it holds', async () => {
    const path = join(testFolder(), 'sessions.db')
    oldDatabase(path)
    const { writer, reader } = await bench({ path })
    expect(reader.list({ text: 'ancient' }).sessions).toMatchObject([
      { session_id: 'rust', started_at: '2026-01-02T03:04:05.679Z', total_tokens: 46, request_count: 1, success: true },
    ])
    await writer.write(sessionEvents(shape('new')))
    expect(reader.list({}).sessions.map(each => each.session_id)).toEqual(['new', 'rust'])
    expect(reader.report('overview', { model: 'claude-3' })).toMatchObject([{ total_tokens: 46 }])
  })

  it('shows what there is of its requests, and finds it', async () => {
    const path = join(testFolder(), 'sessions.db')
    oldDatabase(path)
    const { reader } = await bench({ path })
    expect(reader.list({ text: 'zebra' }).sessions).toHaveLength(1)
    expect(reader.events('rust')).toMatchObject([
      { type: 'started', sequence: 0, model_requested: 'claude-3', provider: 'anthropic', request_headers: {} },
      { type: 'request_recorded', request_text: 'an ancient question', request_json: null },
      { type: 'tool_call_recorded', tool_name: 'Read', tool_arguments: '{"path":"zebra"}' },
      { type: 'response_recorded', input_tokens: 12, output_tokens: 34, total_tokens: 46, response_text: '' },
      {
        type: 'completed',
        sequence: 4,
        success: true,
        provider_latency_ms: 1200,
        outcome: 'ok',
        timestamp: '2026-01-02T03:04:07.000Z',
      },
    ])
    expect(reader.events('rust', 'r1', { types: ['completed'] })).toHaveLength(1)
    expect(reader.events('rust', 'r2')).toEqual([])
  })

  it('counts nothing twice when the log of that time is imported, too', async () => {
    const path = join(testFolder(), 'sessions.db')
    oldDatabase(path)
    const { writer, reader } = await bench({ path })
    const log = ['r1', 'r2'].flatMap(request_id =>
      sessionEvents(shape('rust')).map(each => ({ ...each, request_id: `${request_id}${each.request_id}` })),
    )
    const named = log.map(each => ({
      ...each,
      request_id: each.request_id === log[0]!.request_id ? 'r1' : each.request_id,
    }))
    await writer.write(named)
    const requests = new Set(named.map(each => each.request_id)).size
    const alone = await bench({})
    await alone.writer.write(named)
    // What it began with, it keeps.
    const sums = ({ started_at: _, model_requested: __, user_agent: ___, ...each }: SessionSummary) => each
    expect(reader.list({}).sessions.map(sums)).toEqual(alone.reader.list({}).sessions.map(sums))
    expect(reader.get('rust')).toMatchObject({ request_count: requests })
    expect(reader.events('rust')).toEqual(alone.reader.events('rust'))
  })

  it('is refused by those who only read, with what helps', () => {
    const path = join(testFolder(), 'sessions.db')
    oldDatabase(path)
    const reader = new SqliteReader({ path })
    expect(() => reader.list({})).toThrow('start the gateway once')
  })

  it('is left alone where it is of a newer one', async () => {
    const path = join(testFolder(), 'sessions.db')
    oldDatabase(path)
    const database = openDatabase(path, { isReadOnly: false })
    database.exec('INSERT INTO schema_version VALUES (99)')
    database.close()
    const { writer, reader } = await bench({ path })
    await expect(writer.write(sessionEvents(shape('s1')))).rejects.toThrow('from a newer LunaRoute')
    expect(() => reader.list({})).toThrow('from a newer LunaRoute')
  })
})

describe('the store', () => {
  it('opens nothing before it is asked, and has nothing where there is no file', async () => {
    const path = join(testFolder(), 'none', 'sessions.db')
    const store = new SqliteStore({ path })
    onTestFinished(() => store.close())
    expect(await store.list({})).toEqual({ sessions: [], next: null })
    expect(await store.get('x')).toBeUndefined()
    expect(existsSync(path)).toBe(false)
  })

  it('reads while a gateway writes', async () => {
    const { path, writer } = await bench()
    const store = new SqliteStore({ path })
    onTestFinished(() => store.close())
    for (let i = 1; i <= 5; i++) {
      await writer.write(sessionEvents(shape(`s${i}`)))
      expect((await store.list({})).sessions).toHaveLength(i)
    }
  })

  it('overwrites what a session said when it is deleted', async () => {
    const { path, writer } = await bench()
    const saying = (id: string) =>
      sessionEvents(shape(id)).map(each =>
        each.type === 'response_recorded' ? { ...each, response_text: `${'.'.repeat(9_000)}canary in ${id}` } : each,
      )
    await writer.write([...saying('s1'), ...saying('s2')])
    // What was only in the journal would not tell.
    await writer.close?.()
    const store = new SqliteStore({ path })
    await store.delete('s1')
    await store.close()
    const text = readFileSync(path, 'latin1')
    expect([text.includes('canary in s1'), text.includes('canary in s2')]).toEqual([false, true])
  })

  it('deletes a session and all that belongs to it', async () => {
    const { path, writer, sql } = await bench()
    await writer.write([...sessionEvents(shape('s1')), ...sessionEvents(shape('s2'))])
    const store = new SqliteStore({ path })
    onTestFinished(() => store.close())
    expect(await store.delete('s1')).toBe(true)
    expect(await store.delete('s1')).toBe(false)
    expect((await store.list({ text: 'question' })).sessions.map(each => each.session_id)).toEqual(['s2'])
    for (const table of ['events', 'requests', 'tool_call_executions', 'session_stats', 'stream_metrics']) {
      const [row] = sql(`SELECT count(*) AS n FROM ${table}`)
      expect(row!.n, table).toBe(
        table === 'events' ? sessionEvents(shape('s2')).length : table.startsWith('tool') ? 2 : 3,
      )
    }
  })
})

it('leaves out large bodies where nobody wants them, and nothing else', async () => {
  const { writer, reader } = await bench()
  const events = sessionEvents(shape('s1', { says: turn => `${turn} `.repeat(2_000) }))
  await writer.write(events)
  const isBody = (event: SessionEvent) => event.type === 'request_recorded' || event.type === 'response_recorded'
  const brief = reader.events('s1', undefined, { isBrief: true })
  expect(brief.filter(each => !isBody(each))).toEqual(events.filter(each => !isBody(each)))
  expect(brief.find(each => each.type === 'request_recorded')).toMatchObject({ request_json: null, message_count: 1 })
  expect(reader.events('s1', 's1-r1', { types: ['completed'] })).toEqual(
    events.filter(each => each.request_id === 's1-r1' && each.type === 'completed'),
  )
})

it('the modules for worker threads can be imported there', async () => {
  const { path, writer } = await bench()
  await writer.write(sessionEvents(shape('s1')))
  const offers = new Map<unknown, unknown[]>()
  const api = {
    offer: (service: unknown, value: unknown) => offers.set(service, [value]),
    offers: (service: unknown) => offers.get(service) ?? [],
    onDispose: () => {},
  }
  const options = { enabled: true, path, sessions_dir: '', retention: { max_age_days: 0 } }
  await sessionSqlite().setup(options, api as never)
  const [offer] = offers.get(sessionWriterService) as [{ module: string; options: unknown }]
  const code = `const { parentPort, workerData } = require('node:worker_threads')
    import(workerData.module).then(async ({ createWriter }) => {
      const writer = await createWriter(workerData.options, { warn() {} })
      await writer.write(workerData.events)
      await writer.close()
      parentPort.postMessage('written')
    })`
  const workerData = { module: offer.module, options: offer.options, events: sessionEvents(shape('s2')) }
  const worker = new Worker(code, { eval: true, workerData })
  await once(worker, 'message')
  await worker.terminate()
  const [store] = offers.get(sessionStoreService) as [SqliteStore]
  onTestFinished(() => store.close())
  expect((await store.list({})).sessions.map(each => each.session_id).sort()).toEqual(['s1', 's2'])
  await expect(store.list({ cursor: 'x' })).rejects.toMatchObject({
    code: 'LR_BAD_REQUEST',
    status: 400,
    param: 'cursor',
  })
})

it('takes the section of the documents', async () => {
  const path = join(testFolder(), 'sessions.db')
  const section = { sqlite: { enabled: true, path, max_connections: 5 } }
  const gateway = await serve({ plugins: [sessionSqlite()], session_recording: section } as never)
  onTestFinished(() => gateway.close())
  expect(gateway.gateway.generation.config.plugins[0]!.options).toMatchObject({ enabled: true, path })
})
