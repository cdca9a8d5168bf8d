import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadZstd, sessionLogService } from '../../src/sessions/index.ts'
import { runCommand } from '../../test/support/command-call.ts'
import { testFolder } from '../../test/support/folder.ts'
import { ago, HOUR, shape } from '../../test/support/session-database.ts'
import { sessionEvents, TOTAL_TOKENS } from '../../test/support/sessions.ts'
import { zstdStream } from '../../test/support/zstd-stream.ts'
import { createSessionLog } from '../session-jsonl/log.ts'
import { rulesOf } from '../session-jsonl/options.ts'
import { createWriter } from '../session-jsonl/writer.ts'
import * as command from './import-command.ts'
import { SqliteReader } from './reader.ts'

const lines = (events: readonly object[]) => events.map(each => `${JSON.stringify(each)}\n`).join('')

/** A folder of logs: a plain one, a compressed one, one over midnight in two files, and one that is none. */
async function logs(): Promise<string> {
  const folder = testFolder()
  for (const day of ['2026-01-01', '2026-01-02']) mkdirSync(join(folder, day))
  writeFileSync(join(folder, '2026-01-01', 'session_plain.jsonl'), lines(sessionEvents(shape('plain'))))
  const packed = (await loadZstd()).compress(Buffer.from(lines(sessionEvents(shape('packed')))))
  writeFileSync(join(folder, '2026-01-01', 'session_packed.jsonl.zst'), packed)
  const long = sessionEvents(shape('long'))
  writeFileSync(join(folder, '2026-01-01', 'session_long.jsonl'), lines(long.slice(0, 8)))
  writeFileSync(join(folder, '2026-01-02', 'session_long.jsonl'), lines(long.slice(8)))
  return folder
}

async function desk() {
  const path = join(testFolder(), 'sub', 'sessions.db')
  const folder = await logs()
  const reader = new SqliteReader({ path })
  onTestFinished(() => reader.close())
  const options = { path, sessions_dir: folder }
  const run = Object.assign((...args: string[]) => runCommand(command, args, { options }), {
    with: (more: Parameters<typeof runCommand>[2], ...args: string[]) =>
      runCommand(command, args, { options, ...more }),
  })
  return { path, folder, reader, run }
}

describe('lunaroute import-sessions', () => {
  it('loads plain and compressed logs', async () => {
    const { run, reader } = await desk()
    const { code, stdout } = await run()
    expect(code).toBe(0)
    expect(stdout).toContain('Found 4 session files to import')
    expect(stdout).toMatch(/\[\d\/4\] packed \(\S+Z\) ✓ 19 events/)
    expect(stdout).toMatch(/Imported: {7}4 \(57 events\)/)
    for (const id of ['plain', 'packed', 'long']) {
      expect(reader.get(id)).toMatchObject({ request_count: 3, total_tokens: TOTAL_TOKENS * 3, success: true })
    }
  })

  it('leaves known sessions alone, unless it is told to look at them', async () => {
    const { run, folder, reader } = await desk()
    await run()
    const again = JSON.parse((await run('--json')).stdout)
    expect(again).toMatchObject({ total: 4, imported: 0, skipped: 4, failed: 0, events: 0 })
    writeFileSync(join(folder, 'more.jsonl'), lines(sessionEvents(shape('plain', { requests: 4 }))))
    expect(JSON.parse((await run('--json')).stdout)).toMatchObject({ skipped: 5 })
    const looked = JSON.parse((await run('--json', '--no-skip-existing')).stdout)
    expect(looked).toMatchObject({ imported: 5, skipped: 0 })
    expect(reader.get('plain')).toMatchObject({ request_count: 4 })
  })

  it('in a dry run writes nothing at all', async () => {
    const { run, path } = await desk()
    const { stdout } = await run('--dry-run')
    expect(stdout).toContain('Dry run: nothing is written')
    expect(stdout).toContain('(57 events)')
    expect(existsSync(join(path, '..'))).toBe(false)
  })

  it('goes on after a file that cannot be read, or ends there if it is told to', async () => {
    const { run, folder, reader } = await desk()
    writeFileSync(join(folder, 'bad.jsonl'), 'no event\n')
    writeFileSync(join(folder, 'bad.jsonl.zst'), 'no zstd')
    const { code, stdout, stderr } = await run()
    expect(code).toBe(1)
    expect(stdout).toMatch(/Failed: {9}2/)
    expect(stderr).toContain('bad.jsonl: no line of it is an event of a session')
    expect(reader.list({}).sessions).toHaveLength(3)
    const ended = JSON.parse((await run('--no-continue-on-error', '--json')).stdout)
    expect(ended).toMatchObject({ failed: 1 })
  })

  it('takes what can be read of a log that a crash has cut', async () => {
    const { run, folder, reader } = await desk()
    const text = lines(sessionEvents(shape('cut')))
    writeFileSync(join(folder, 'cut.jsonl'), text.slice(0, -30))
    const { stdout } = await run()
    expect(stdout).toMatch(/cut \(\S+\) ✓ 18 events, 1 lines that are none/)
    expect(reader.get('cut')).toMatchObject({ success: null, request_count: 3 })
  })

  it('takes what can be read of lines that somebody else has written', async () => {
    const { run, folder, reader } = await desk()
    const base = { session_id: 'short', request_id: 'r1', timestamp: ago(HOUR).toISOString() }
    const short = [
      { ...base, type: 'started', sequence: 0, model_requested: 'gpt-5', provider: null, session_tags: 'a' },
      { ...base, type: 'request_recorded', sequence: 1, request_json: { model: 'gpt-5' }, request_text: null },
      { ...base, type: 'tool_call_recorded', sequence: 2 },
      { ...base, type: 'tool_result_recorded', sequence: 3, tool_name: 'Read', tool_call_id: 't1' },
      { ...base, type: 'response_recorded', sequence: 4, input_tokens: 7, total_tokens: 7 },
      { ...base, type: 'completed', sequence: 5, success: true },
      { ...base, type: 'started', sequence: 6, timestamp: 'yesterday' },
    ]
    writeFileSync(join(folder, 'short.jsonl'), lines(short))
    expect((await run()).stdout).toMatch(/short \(\S+\) ✓ 5 events, 2 lines that are none/)
    expect(reader.get('short')).toMatchObject({ input_tokens: 7, success: true, provider: '', session_tags: [] })
  })

  it('unpacks logs that were packed as a stream, which does not tell its size', async () => {
    const { run, folder, reader } = await desk()
    const text = Buffer.from(lines(sessionEvents(shape('streamed'))) + '\n'.repeat(3_000_000))
    writeFileSync(join(folder, 'streamed.jsonl.zst'), zstdStream(text))
    expect((await run()).code).toBe(0)
    expect(reader.get('streamed')).toMatchObject({ request_count: 3 })
  })

  it('reads the logs of an older LunaRoute, sums and all', async () => {
    const { run, folder, reader } = await desk()
    const base = { session_id: 'rust', request_id: 'r1', timestamp: ago(HOUR).toISOString() }
    const old = [
      {
        ...base,
        type: 'started',
        model_requested: 'claude-3',
        provider: 'anthropic',
        listener: 'anthropic',
        is_streaming: true,
      },
      { ...base, type: 'request_recorded', request_text: 'an ancient question', request_json: { model: 'claude-3' } },
      { ...base, type: 'stats_updated', token_updates: null },
      { ...base, type: 'tool_call_recorded', tool_name: 'Read', tool_call_id: 't1', tool_arguments: '{}' },
      {
        ...base,
        type: 'completed',
        success: true,
        total_duration_ms: 900,
        provider_time_ms: 890,
        total_input: 12,
        total_output: 34,
        total_cache_read: 5,
      },
    ]
    writeFileSync(join(folder, 'rust.jsonl'), lines(old))
    expect((await run()).code).toBe(0)
    expect(reader.get('rust')).toMatchObject({
      input_tokens: 12,
      output_tokens: 34,
      cache_read_tokens: 5,
      total_tokens: 51,
      provider_latency_ms: 890,
      tool_call_count: 1,
      success: true,
    })
    expect(JSON.parse((await run('--no-skip-existing', '--json')).stdout)).toMatchObject({ events: 0 })
  })

  it('loads encrypted logs with the key of whoever wrote them, from wherever they are', async () => {
    const { run, reader } = await desk()
    const key_file = join(testFolder(), 'key')
    writeFileSync(key_file, randomBytes(32))
    const [home, elsewhere] = [testFolder(), testFolder()]
    for (const [directory, id] of [
      [home, 'at-home'],
      [elsewhere, 'from-laptop'],
    ] as const) {
      const options = { directory, encryption: { key_file }, retention: rulesOf({ retention: {} }) }
      const writer = await createWriter(options, { warn: () => {} })
      await writer.write(sessionEvents(shape(id)))
      await writer.close?.()
    }
    const log = createSessionLog({ directory: home, encryption: { key_file } })
    const offers = new Map([[sessionLogService, [{ log, place: home }]]])
    const { stdout } = await run.with({ offers })
    expect(stdout).toContain(`Scanning sessions directory: ${home}`)
    expect(reader.get('at-home')).toMatchObject({ request_count: 3 })
    await run.with({ offers }, '--sessions-dir', elsewhere)
    expect(reader.get('from-laptop')).toMatchObject({ request_count: 3 })
    const { stderr, code } = await run('--sessions-dir', elsewhere)
    expect([stderr, code]).toEqual([expect.stringContaining('it is encrypted, and no plugin'), 1])
  })

  it('says which folder is missing', async () => {
    const { run } = await desk()
    await expect(run('--sessions-dir', './nowhere')).rejects.toThrow('there is no folder ./nowhere')
    expect(readdirSync('.')).not.toContain('nowhere')
  })

  it('--help teaches by examples', async () => {
    const { run } = await desk()
    expect((await run('--help')).stdout).toMatch(/Examples:\n {2}\$ lunaroute import-sessions --dry-run/)
  })
})
