import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type SessionFilter,
  type SessionStore,
  sessionStoreService,
  statisticsService,
} from '../../src/sessions/index.ts'
import { runCommand } from '../../test/support/command-call.ts'
import { testFolder } from '../../test/support/folder.ts'
import { api, database } from '../../test/support/session-api.ts'
import { sessionEvents } from '../../test/support/sessions.ts'
import { SqliteStore } from '../session-sqlite/store.ts'
import { formatStatistics } from '../session-stats/format.ts'
import { readStored } from '../session-stats/stored.ts'
import { Tracker } from '../session-stats/tracker.ts'
import * as exportCommand from './cli/export-command.ts'
import * as sessionsCommand from './cli/sessions-command.ts'

async function desk(path?: string) {
  const store = new SqliteStore({ path: path ?? (await database()) })
  onTestFinished(() => store.close())
  const offers = new Map<unknown, readonly unknown[]>([
    [sessionStoreService, [store]],
    [
      statisticsService,
      [
        {
          read: () => new Tracker(1).read(),
          readFrom: (s: SessionStore, f: SessionFilter) => readStored(s, f, 100),
          format: formatStatistics,
        },
      ],
    ],
  ])
  const options = { token: '', allow_delete: false }
  return {
    sessions: (...args: string[]) => runCommand(sessionsCommand, args, { offers, options }),
    export: (...args: string[]) => runCommand(exportCommand, args, { offers, options }),
  }
}

describe('lunaroute sessions', () => {
  it('list shows aligned columns, the newest first', async () => {
    const { sessions } = await desk()
    const { stdout, code } = await sessions('list', '--since', '30d')
    expect(code).toBe(0)
    expect(stdout).toBe(
      [
        'STARTED     MODEL            REQUESTS  TOKENS      COST  DURATION  STATUS    SESSION',
        '1 h ago     claude-sonnet-4         4   5,540     $0.04      8.0s  ok        one',
        '2 h ago     claude-sonnet-4         3   2,770     $0.02      6.0s  1 failed  two',
        '3 days ago  gpt-x                   3   4,155  unpriced      6.0s  ok        three',
        '',
      ].join('\n'),
    )
  })

  it('list says when there is nothing, and when there is more', async () => {
    const { sessions } = await desk()
    expect((await sessions('list', '--provider', 'none')).stdout).toBe('No session is like that.\n')
    const before = await desk(join(testFolder(), 'sessions.db'))
    for (const args of [['list'], ['search', 'x']]) {
      expect((await before.sessions(...args)).stdout).toBe('No session has been recorded yet.\n')
    }
    const { stdout } = await sessions('list', '--limit', '2')
    const [, cursor] = /--cursor (\S+)/.exec(stdout)!
    expect((await sessions('list', '--cursor', cursor!)).stdout).toContain('three')
  })

  it('show tells a session turn by turn', async () => {
    const { sessions } = await desk()
    const { stdout } = await sessions('show', 'latest')
    expect(stdout).toContain('Session     one\n')
    expect(stdout).toMatch(
      /── 2 {2}\d\d:\d\d:\d\d, 2\.0s, 1,385 tokens {2}one-r1\n> question 1 of one\n {2}← Read after 41ms\n/,
    )
    expect((await sessions('show', 'two')).stdout).toContain('  ! error: Overloaded')
  })

  it('show prints one request whole, as JSON', async () => {
    const { sessions } = await desk()
    const raw = JSON.parse((await sessions('show', 'one', '--request', 'one-r1')).stdout)
    expect(raw).toMatchObject({ request: { model: 'claude-sonnet-4' }, response: { role: 'assistant' } })
    await expect(sessions('show', 'none')).rejects.toThrow('there is no session "none"')
    await expect(sessions('show', 'one', '--request', 'x')).rejects.toThrow('the session has no request "x"')
  })

  it('show lets no recorded text steer the terminal', async () => {
    const path = join(testFolder(), 'sessions.db')
    const { SqliteWriter } = await import('../session-sqlite/writer.ts')
    const writer = new SqliteWriter({ path }, { warn: () => {} })
    await writer.write(
      sessionEvents({
        id: 'x',
        at: new Date(),
        says: () => '\u001b[2J cleared\u0007',
        model: 'm\u001b]0;t\u0007',
        tags: ['\u009b1m'],
      }),
    )
    writer.close()
    const { sessions } = await desk(path)
    for (const args of [['list'], ['show', 'x', '--full'], ['search', 'cleared']]) {
      const { stdout } = await sessions(...args)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
      expect(stdout).toContain(args[0] === 'list' ? 'm]0;t' : 'cleared')
    }
  })

  it('search shows where the words stand', async () => {
    const { sessions } = await desk()
    const { stdout } = await sessions('search', 'zebra')
    expect(stdout).toContain('zebra 0  [two-r0]')
    expect(stdout).not.toContain('one')
    expect(JSON.parse((await sessions('search', 'question 1', '--json')).stdout)).toMatchObject({
      sessions: [{ session_id: 'one', places: [{ request_id: 'one-r1' }] }, { session_id: 'three' }],
    })
  })

  it('stats sums up', async () => {
    const { sessions } = await desk()
    expect((await sessions('stats')).stdout).toContain('💰 Estimated cost: $0.06 USD, 3 requests unpriced')
    expect(JSON.parse((await sessions('stats', '--since', '90m', '--json')).stdout)).toMatchObject({ session_count: 1 })
  })

  it('delete asks first, and deletes when it is told to', async () => {
    const { sessions } = await desk()
    await expect(sessions('delete', 'one')).rejects.toThrow('--yes deletes without asking')
    expect((await sessions('delete', 'one', 'two', '--yes')).stdout).toBe('Deleted 2 sessions.\n')
    expect(JSON.parse((await sessions('list', '--json')).stdout).sessions).toMatchObject([{ session_id: 'three' }])
  })

  it('tail follows a running gateway, and says where none is', async () => {
    const { feed, url, gateway } = await api()
    const before = feed.listeners.size
    const tailing = runCommand(sessionsCommand, ['tail', '--types', 'completed', '--url', url], {
      options: { token: '' },
    })
    const { until } = await import('../../test/support/until.ts')
    await until(() => feed.listeners.size > before + 1, 'the tail follows, beside the statistics')
    feed.say(sessionEvents({ id: 'live-1234-5678', at: new Date('2026-01-01T10:00:00Z'), requests: 1 }))
    await gateway.close()
    const { stdout, code } = await tailing
    expect([stdout, code]).toEqual(['10:00:02  live-123  completed             done in 2010 ms\n', 0])
    const nobody = runCommand(sessionsCommand, ['tail', '--url', url], { options: { token: '' } })
    await expect(nobody).rejects.toThrow('no gateway answers')
  })

  it.each([
    [['list', '--since', 'yesterday'], 'It takes a span back from now'],
    [['list', '--status', 'fine'], 'It takes ok, error, running'],
    [['list', '--limit', '0'], 'It takes a whole number from 1'],
    [['lsit'], "unknown command 'lsit'"],
  ])('%j is refused, with what is meant', async (args, sentence) => {
    const { sessions } = await desk()
    const { code, stderr } = await sessions(...args)
    expect(code).toBe(1)
    expect(stderr).toContain(sentence)
  })

  it.each(['list', 'show', 'search', 'tail', 'stats', 'delete'])('%s --help teaches by examples', async name => {
    const { sessions } = await desk()
    const { stdout, code } = await sessions(name, '--help')
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`Examples:\n {2}\\$ lunaroute sessions ${name}`))
  })
})

describe('lunaroute export', () => {
  it('writes events as the log has them, into a file for its owner alone', async () => {
    const desktop = await desk()
    const output = join(testFolder(), 'sub', 'sessions.ndjson')
    const { stdout } = await desktop.export('--since', '90m', '--output', output)
    const at = sessionEvents({ id: 'one', at: new Date(), requests: 4, tags: ['team-a'] })
    const lines = readFileSync(output, 'utf8').trimEnd().split('\n')
    const events = lines.map(each => JSON.parse(each))
    expect(events.map(each => [each.type, each.request_id, each.sequence])).toEqual(
      at.map(each => [each.type, each.request_id, each.sequence]),
    )
    const bytes = statSync(output).size
    expect(stdout).toBe(`Exported 4 requests of 1 session, ${bytes.toLocaleString('en-US')} bytes to ${output}\n`)
    expect(statSync(output).mode & 0o777).toBe(0o600)
  })

  it('writes JSON', async () => {
    const desktop = await desk()
    const { stdout, stderr } = await desktop.export('--format', 'json', '--json')
    const requests = JSON.parse(stdout)
    expect(requests).toHaveLength(10)
    expect(requests[0]).toMatchObject({ session_id: 'three', model: 'gpt-x', request: { messages: expect.any(Array) } })
    expect(JSON.parse(stderr)).toMatchObject({ file: null, requests: 10, sessions: 3 })
    expect(JSON.parse((await desktop.export('--format', 'json', '--provider', 'none')).stdout)).toEqual([])
  })

  it('writes CSV that no spreadsheet runs', async () => {
    const path = join(testFolder(), 'sessions.db')
    const { SqliteWriter } = await import('../session-sqlite/writer.ts')
    const writer = new SqliteWriter({ path }, { warn: () => {} })
    await writer.write(sessionEvents({ id: 'x', at: new Date(), requests: 1, says: () => '=cmd("a"),\nb' }))
    writer.close()
    const desktop = await desk(path)
    const { stdout } = await desktop.export('--format', 'csv')
    const [head, ...rows] = stdout.split('\r\n')
    expect(head!.split(',').slice(0, 3)).toEqual(['session_id', 'request_id', 'started_at'])
    expect(rows[0]).toContain(`"'=cmd(""a""),\nb"`)
    expect(rows).toHaveLength(2)
  })

  it('writes OpenTelemetry traces: a session is a trace, requests and tools are spans', async () => {
    const desktop = await desk()
    const { stdout } = await desktop.export('--format', 'otlp')
    const { resourceSpans } = JSON.parse(stdout)
    expect(resourceSpans[0].resource.attributes).toEqual([{ key: 'service.name', value: { stringValue: 'lunaroute' } }])
    const spans = resourceSpans[0].scopeSpans[0].spans as {
      traceId: string
      spanId: string
      parentSpanId?: string
      name: string
      attributes: { key: string; value: Record<string, unknown> }[]
      status: object
    }[]
    for (const each of spans) expect([each.traceId, each.spanId].join()).toMatch(/^[0-9a-f]{32},[0-9a-f]{16}$/)
    expect(new Set(spans.map(each => each.spanId)).size).toBe(spans.length)
    expect(new Set(spans.map(each => each.traceId)).size).toBe(3)
    const chats = spans.filter(each => each.name.startsWith('chat '))
    expect(chats).toHaveLength(10)
    expect(chats[0]!.attributes).toEqual(
      expect.arrayContaining([
        { key: 'gen_ai.operation.name', value: { stringValue: 'chat' } },
        { key: 'gen_ai.request.model', value: { stringValue: 'gpt-x' } },
        { key: 'gen_ai.usage.input_tokens', value: { intValue: '1307' } },
        { key: 'gen_ai.usage.output_tokens', value: { intValue: '78' } },
        { key: 'gen_ai.response.finish_reasons', value: { arrayValue: { values: [{ stringValue: 'tool_use' }] } } },
      ]),
    )
    const tools = spans.filter(each => each.name.startsWith('execute_tool '))
    expect(tools.length).toBeGreaterThan(0)
    for (const each of tools) expect(chats.map(chat => chat.spanId)).toContain(each.parentSpanId)
    expect(chats.filter(each => 'code' in each.status)).toHaveLength(1)
  })

  it('names spans of other requests than chats by what they are', async () => {
    const path = join(testFolder(), 'sessions.db')
    const { SqliteWriter } = await import('../session-sqlite/writer.ts')
    const writer = new SqliteWriter({ path }, { warn: () => {} })
    const counting = sessionEvents({ id: 'x', at: new Date(), requests: 1 }).map(each =>
      each.type === 'started' ? { ...each, operation: 'count-tokens' } : each,
    )
    await writer.write(counting)
    writer.close()
    const { stdout } = await (await desk(path)).export('--format', 'otlp')
    expect(JSON.parse(stdout).resourceSpans[0].scopeSpans[0].spans[0]).toMatchObject({
      name: 'count_tokens claude-sonnet-4',
      attributes: expect.arrayContaining([{ key: 'gen_ai.operation.name', value: { stringValue: 'count_tokens' } }]),
    })
  })

  it('writes into a pipe, and leaves it one', async () => {
    const desktop = await desk()
    const pipe = join(testFolder(), 'pipe')
    execFileSync('mkfifo', [pipe])
    const reading = readFile(pipe, 'utf8')
    await desktop.export('--format', 'csv', '--output', pipe)
    expect(await reading).toContain('session_id,request_id')
    expect(statSync(pipe).isFIFO()).toBe(true)
  })

  it('writes where a link leads', async () => {
    const desktop = await desk()
    const folder = testFolder()
    writeFileSync(join(folder, 'real.csv'), 'before')
    symlinkSync('real.csv', join(folder, 'link.csv'))
    await desktop.export('--format', 'csv', '--output', join(folder, 'link.csv'))
    expect(readFileSync(join(folder, 'real.csv'), 'utf8')).toContain('session_id,request_id')
    expect(readdirSync(folder).sort()).toEqual(['link.csv', 'real.csv'])
  })

  it.skipIf(process.platform !== 'linux')('says why a file cannot be written', async () => {
    const desktop = await desk()
    const folder = testFolder()
    for (const output of [folder, '/proc/self/no-such-file', '/dev/full']) {
      await expect(desktop.export('--output', output)).rejects.toThrow(/^(?:EISDIR|ENOENT|EACCES|ENOSPC)/)
    }
    expect(readdirSync(folder)).toEqual([])
    expect(statSync('/dev/full').isCharacterDevice()).toBe(true)
  })

  it('leaves nothing behind where it fails', async () => {
    const output = join(testFolder(), 'out.ndjson')
    const run = runCommand(exportCommand, ['--output', output], { options: {} })
    await expect(run).rejects.toThrow('add session-sqlite')
    expect(statSync(output, { throwIfNoEntry: false })).toBeUndefined()
  })
})
