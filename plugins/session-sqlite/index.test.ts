import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../../test/support/folder.ts'
import { ago, bench, HOUR, shape } from '../../test/support/session-database.ts'
import { sessionEvents, TOKENS, TOTAL_TOKENS } from '../../test/support/sessions.ts'
import { type DriverName, openDatabase } from './driver.ts'
import { SqliteReader } from './reader.ts'

const drivers: DriverName[] = ['better-sqlite3', 'node-sqlite3-wasm']

describe.each(drivers)('with %s', driver => {
  it('a session of several requests has the sums of them', async () => {
    const { writer, reader } = await bench({ driver })
    const events = sessionEvents(shape('s1', { requests: 3 }))
    await writer.write(events)
    const tripled = Object.fromEntries(Object.entries(TOKENS).map(([name, each]) => [name, each * 3]))
    expect(reader.get('s1')).toMatchObject({
      ...tripled,
      total_tokens: TOTAL_TOKENS * 3,
      request_count: 3,
      tool_call_count: 2,
      started_at: events[0]!.timestamp,
      completed_at: events.at(-1)!.timestamp,
      success: true,
      total_duration_ms: 6_030,
      proxy_overhead_ms: 18,
      total_cost_usd: expect.closeTo(0.03),
      unpriced_requests: 0,
      model_used: 'claude-sonnet-4',
    })
  })

  it('events that come twice, and in pieces, count once', async () => {
    const { writer, reader } = await bench({ driver })
    const events = sessionEvents(shape('s1'))
    await writer.write(events.slice(0, 7))
    await writer.write(events.slice(3))
    await writer.write(events)
    expect(reader.get('s1')).toMatchObject({ request_count: 3, total_tokens: TOTAL_TOKENS * 3, tool_call_count: 2 })
    expect(reader.events('s1')).toEqual(events)
  })

  it('events that come in no order, whatever their session is called, add up to the same', async () => {
    const { writer, reader } = await bench({ driver })
    const events = [...sessionEvents(shape('s1', { tags: ['a'] })), ...sessionEvents(shape('../no file'))]
    await writer.write(events.toReversed())
    for (const id of ['s1', '../no file']) {
      expect(reader.get(id)).toMatchObject({ request_count: 3, total_tokens: TOTAL_TOKENS * 3, tool_call_count: 2 })
    }
    expect(reader.get('s1')).toMatchObject({ provider: 'anthropic', session_tags: ['a'], success: true })
    expect(reader.events('s1')).toEqual(events.slice(0, events.length / 2))
  })

  it('finds words of requests, answers and tool arguments', async () => {
    const { writer, reader } = await bench({ driver })
    await writer.write(sessionEvents(shape('a', { says: () => 'why does the Zebra cross' })))
    await writer.write(sessionEvents(shape('b', { answers: () => 'because of session_api and the café' })))
    const found = (text: string) => reader.list({ text }).sessions.map(each => each.session_id)
    expect(found('zebra')).toEqual(['a'])
    expect(found('zeb*')).toEqual(['a'])
    expect(found('"zebra cross"')).toEqual(['a'])
    expect(found('"cross zebra"')).toEqual([])
    expect(found('session_api cafe')).toEqual(['b'])
    expect(found('src/1.ts').sort()).toEqual(['a', 'b'])
    expect(found(`it's ) OR "unclosed AND near(`)).toEqual([])
    expect(found('zebra\0 cross')).toEqual(['a'])
  })

  it('sums up nothing where there is no database yet', async () => {
    const none = new SqliteReader({ path: join(testFolder(), 'none.db'), driver })
    const { reader } = await bench({ driver })
    for (const name of ['overview', 'costs', 'models']) expect(none.report(name, {})).toEqual(reader.report(name, {}))
    expect(none.report('overview', {})).toMatchObject([{ total_requests: 0, total_cost: null }])
    expect(() => none.report('nonsense', {})).toThrow('there is no report "nonsense"')
  })

  it('finds words of scripts without spaces, alone and beside others', async () => {
    const { writer, reader } = await bench({ driver })
    await writer.write(sessionEvents(shape('a', { says: () => '请修复数据库连接 in main.ts' })))
    await writer.write(sessionEvents(shape('b', { answers: () => 'データベースを直しました' })))
    const found = (text: string) => reader.list({ text }).sessions.map(each => each.session_id)
    expect(found('数据库')).toEqual(['a'])
    expect(found('数据库 main.ts 修复')).toEqual(['a'])
    expect(found('数据库 python')).toEqual([])
    expect(found('"データベース"')).toEqual(['b'])
    expect(found('数据*')).toEqual(['a'])
  })
})

it('is at the provider that did most of it, whoever was asked first', async () => {
  const { writer, reader } = await bench()
  const events = sessionEvents(shape('s1', { requests: 3 })).map(each => {
    if (each.type !== 'response_recorded' || each.request_id === 's1-r0') return each
    return { ...each, provider: 'openai', model_used: 'gpt-5' }
  })
  await writer.write(events)
  expect(reader.get('s1')).toMatchObject({ model_used: 'gpt-5', provider: 'openai' })
})

it('is called by the model that did most of it, whichever came last', async () => {
  const { writer, reader } = await bench()
  const events = sessionEvents(shape('s1')).map(each =>
    each.type === 'response_recorded' && each.request_id === 's1-r2'
      ? { ...each, model_used: 'small', input_tokens: 1, total_tokens: 1 }
      : each,
  )
  await writer.write(events)
  expect(reader.get('s1')).toMatchObject({ model_used: 'claude-sonnet-4' })
  expect(reader.list({ model: 'small' }).sessions).toHaveLength(1)
})

it("has the column names of the documents, and times that datetime('now') compares with", async () => {
  const { writer, sql } = await bench()
  await writer.write(sessionEvents(shape('new', { at: ago(6.9 * 24 * HOUR) })))
  await writer.write(sessionEvents(shape('old', { at: ago(7.1 * 24 * HOUR) })))
  const rows = sql(`SELECT model_used, SUM(input_tokens) AS input, SUM(output_tokens) AS output, count(*) AS n
    FROM sessions WHERE started_at > datetime('now', '-7 days') GROUP BY model_used`)
  expect(rows).toEqual([{ model_used: 'claude-sonnet-4', input: 300, output: 150, n: 1 }])
  expect(sql("SELECT name FROM sqlite_master WHERE type = 'table'").map(each => each.name)).toEqual(
    expect.arrayContaining(['sessions', 'session_stats', 'tool_stats', 'tool_call_executions', 'stream_metrics']),
  )
  expect(sql('SELECT count(*) AS n FROM session_stats')).toEqual([{ n: 6 }])
  expect(sql('SELECT total_chunks, p95_chunk_latency_ms FROM stream_metrics LIMIT 1')).toEqual([
    { total_chunks: 20, p95_chunk_latency_ms: 120 },
  ])
})

it('a tool call has the time to the request that brought its result', async () => {
  const { writer, sql, reader } = await bench()
  await writer.write(sessionEvents(shape('s1', { requests: 3 })))
  expect(sql('SELECT request_id, tool_name, call_count, avg_execution_time_ms FROM tool_stats ORDER BY 1')).toEqual([
    { request_id: 's1-r0', tool_name: 'Read', call_count: 1, avg_execution_time_ms: 41 },
    { request_id: 's1-r1', tool_name: 'Bash', call_count: 1, avg_execution_time_ms: 42 },
  ])
  expect(reader.report('tools', {})).toMatchObject([
    { tool_name: 'Bash', call_count: 1, avg_time_ms: 42, success_rate: 1 },
    { tool_name: 'Read', call_count: 1, avg_time_ms: 41, success_rate: 1 },
  ])
})

it('a model without a price is unpriced, and never costs nothing', async () => {
  const { writer, reader } = await bench()
  await writer.write(sessionEvents(shape('s1', { cost: null })))
  expect(reader.get('s1')).toMatchObject({ total_cost_usd: null, unpriced_requests: 3 })
  expect(reader.report('overview', {})).toMatchObject([{ total_cost: null, unpriced_requests: 3 }])
  expect(reader.report('spending', {})).toMatchObject([{ total_cost: null, avg_cost_per_session: null }])
  await writer.write(sessionEvents(shape('s2', { requests: 1, cost: 0.5 })))
  expect(reader.report('costs', {})).toMatchObject([{ total: 0.5, unpriced_requests: 3 }])
})

it('files are for their owner alone', async () => {
  const { path, writer } = await bench()
  await writer.write(sessionEvents(shape('s1')))
  const modes = [path, `${path}-wal`, `${path}-shm`].map(each => statSync(each).mode & 0o777)
  expect(modes).toEqual([0o600, 0o600, 0o600])
  expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
})

it('deletes sessions that are older than the configuration allows, and nothing else', async () => {
  const { writer, reader, sql } = await bench({ max_age_days: 30 })
  await writer.write([...sessionEvents(shape('old', { at: ago(31 * 24 * HOUR) })), ...sessionEvents(shape('young'))])
  expect(reader.list({}).sessions.map(each => each.session_id)).toEqual(['young'])
  expect(reader.list({ text: 'question' }).sessions).toHaveLength(1)
  expect(sql('SELECT count(*) AS n FROM requests')).toEqual([{ n: 3 }])
})

it('deletes what is too old bit by bit', async () => {
  const { writer, reader } = await bench({ max_age_days: 30 })
  const old = Array.from({ length: 50 }, (_, i) => sessionEvents(shape(`old${i}`, { at: ago(31 * 24 * HOUR) })))
  await writer.write(old.flat())
  const count = () => reader.list({ limit: 100 }).sessions.length
  expect(count()).toBe(30)
  for (const n of [1, 2]) await writer.write(sessionEvents(shape(`young${n}`)))
  expect(count()).toBe(2)
})

it('a database that one library leaves is read and written by the others', () => {
  const path = join(testFolder(), 'sessions.db')
  for (const [n, driver] of (['better-sqlite3', 'node-sqlite3-wasm', 'better-sqlite3'] as const).entries()) {
    const database = openDatabase(path, { isReadOnly: false, driver })
    database.exec('CREATE TABLE IF NOT EXISTS seen (n INTEGER)')
    database.prepare('INSERT INTO seen VALUES (?)').run(n)
    database.close()
  }
  const database = openDatabase(path, { isReadOnly: true, driver: 'node-sqlite3-wasm' })
  expect(database.prepare('SELECT n FROM seen').all()).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }])
  database.close()
})
