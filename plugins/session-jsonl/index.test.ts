import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { SessionEvent, SessionLog } from '../../src/sessions/index.ts'
import { harness } from '../../src/testing.ts'
import { context, event, options } from '../../test/recording/jsonl.ts'
import { eventsIn, filesIn, linesIn, of, recorded, scratch } from '../../test/recording/rig.ts'
import { until } from '../../test/support/until.ts'
import sessionRecorder from '../session-recorder/index.ts'
import sessionJsonl from './index.ts'
import { createSessionLog } from './log.ts'
import { rulesOf, type WriterOptions } from './options.ts'
import { tidy } from './retention.ts'
import { SessionFiles } from './session-files.ts'
import { createWriter } from './writer.ts'

const DAY = 86_400_000
async function write(settings: WriterOptions, ...batches: (readonly SessionEvent[])[]): Promise<void> {
  const writer = await createWriter(settings, context)
  try {
    for (const batch of batches) await writer.write(batch)
  } finally {
    await writer.close?.()
  }
}

async function readAll(log: SessionLog, skipped?: (line: number) => void): Promise<readonly SessionEvent[]> {
  const events: SessionEvent[] = []
  for await (const entry of log.entries()) for await (const each of log.read(entry, skipped)) events.push(each)
  return events
}

it('keeps one file a session, for its owner alone, with an event on each line', async () => {
  const { g, directory, stop } = await recorded({ upstream: () => ({ body: { choices: [] } }) })
  for (const id of ['a', 'a', 'b']) {
    await (await g.post('/v1/chat/completions', { model: 'm', messages: [] }, { session_id: id })).text()
  }
  await stop()
  const day = new Date().toISOString().slice(0, 10)
  const names = readdirSync(join(directory, day)).sort()
  expect(names).toEqual(['session_a.jsonl', 'session_b.jsonl'])
  for (const path of filesIn(directory)) expect(statSync(path).mode & 0o777, path).toBe(0o600)
  expect(statSync(join(directory, day)).mode & 0o777).toBe(0o700)
  expect(of(eventsIn(directory), 'completed')).toHaveLength(3)
})

it('takes away a torn line when a session goes on', async () => {
  const directory = scratch()
  await write(options(directory), [event('s', 'r1', 0)])
  const [path] = filesIn(directory)
  appendFileSync(path!, '{"type":"comple')
  await write(options(directory), [event('s', 'r1', 1)])
  expect(eventsIn(directory).map(each => each.sequence)).toEqual([0, 1])
})

it('writes an event once that comes twice', async () => {
  const directory = scratch()
  const batch = [event('s', 'r', 0), event('s', 'r', 1)]
  await write(options(directory), batch, batch, [...batch, event('s', 'r', 2)])
  expect(eventsIn(directory).map(each => each.sequence)).toEqual([0, 1, 2])
})

it('leaves a session that goes on past midnight in its file', async () => {
  const directory = scratch()
  const night = Date.parse('2026-03-01T23:59:59Z')
  await write(options(directory), [event('s', 'r1', 0, night)], [event('s', 'r2', 0, night + 60_000)])
  // Also when it was not known any more.
  await write(options(directory), [event('s', 'r3', 0, night + 120_000)])
  expect(filesIn(directory).map(each => each.slice(directory.length))).toEqual(['/2026-03-01/session_s.jsonl'])
  expect(eventsIn(directory)).toHaveLength(3)
})

it('leads nowhere by a session id, and follows no link', async () => {
  const directory = scratch()
  const elsewhere = scratch()
  await write(options(directory), [event('../../evil', 'r', 0)])
  expect(filesIn(directory).every(each => /session_[0-9a-f]{64}\.jsonl$/.test(each))).toBe(true)
  const day = join(directory, new Date().toISOString().slice(0, 10))
  writeFileSync(join(elsewhere, 'target'), 'untouched')
  symlinkSync(join(elsewhere, 'target'), join(day, 'session_linked.jsonl'))
  await expect(write(options(directory), [event('linked', 'r', 0)])).rejects.toThrow()
  expect(readFileSync(join(elsewhere, 'target'), 'utf8')).toBe('untouched')
  rmSync(day, { recursive: true })
  symlinkSync(elsewhere, day)
  await expect(write(options(directory), [event('s', 'r', 0)])).rejects.toThrow()
  expect(readdirSync(elsewhere)).toEqual(['target'])
})

describe('retention', () => {
  const now = Date.parse('2026-06-30T12:00:00Z')
  const put = (directory: string, daysAgo: number, name: string, bytes: number): string => {
    const at = now - daysAgo * DAY
    const path = join(directory, new Date(at).toISOString().slice(0, 10), `session_${name}.jsonl`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${JSON.stringify(event(name, 'r', 0, at, 'y'.repeat(bytes)))}\n`)
    utimesSync(path, at / 1000, at / 1000)
    return path
  }
  const run = (
    directory: string,
    retention: Parameters<typeof rulesOf>[0]['retention'],
    open: readonly string[] = [],
  ) => tidy(options(directory, { retention: rulesOf({ retention }) }), now, path => open.includes(path))
  const names = (directory: string) => filesIn(directory).map(each => /session_(.*)/.exec(each)![1])

  it('deletes what is too old, and the folders it leaves empty', async () => {
    const directory = scratch()
    for (const [days, name] of [
      [40, 'old'],
      [31.6, 'edge'],
      [29, 'young'],
    ] as const)
      put(directory, days, name, 10)
    writeFileSync(join(directory, 'notes.txt'), 'mine')
    expect(await run(directory, { compress_after_days: 0 })).toEqual({ deleted: 2, compressed: 0 })
    expect(filesIn(directory).map(each => each.slice(directory.length + 1))).toEqual([
      '2026-06-01/session_young.jsonl',
      'notes.txt',
    ])
    expect(readdirSync(directory)).toHaveLength(2)
  })

  it('deletes the oldest first where all together are too large', async () => {
    const directory = scratch()
    for (const days of [5, 4, 3, 2]) put(directory, days, `d${days}`, 400_000)
    expect(await run(directory, { max_size_mb: 0.9, compress_after_days: 0 })).toMatchObject({ deleted: 2 })
    expect(names(directory)).toEqual(['d3.jsonl', 'd2.jsonl'])
  })

  it('counts what is being written, and never deletes it', async () => {
    const directory = scratch()
    const open = put(directory, 0, 'open', 600_000)
    for (const days of [5, 4]) put(directory, days, `d${days}`, 400_000)
    expect(await run(directory, { max_size_mb: 1, compress_after_days: 0 }, [open])).toMatchObject({ deleted: 1 })
    expect(names(directory)).toEqual(['d4.jsonl', 'open.jsonl'])
  })

  it('deletes what is compressed when the session is too old, not later', async () => {
    const directory = scratch()
    const path = put(directory, 20, 'a', 1000)
    const { mtimeMs } = statSync(path)
    expect(await run(directory, { compress_after_days: 7 })).toEqual({ deleted: 0, compressed: 1 })
    expect(statSync(`${path}.zst`).mtimeMs).toBeCloseTo(mtimeMs, -1)
    expect(await run(directory, { max_age_days: 15 })).toEqual({ deleted: 1, compressed: 0 })
  })

  it('does not take a session for open that nobody has written to for a while', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const directory = scratch()
    const files = new SessionFiles(directory, false)
    onTestFinished(() => files.close())
    files.append('a', Date.now(), ['{}\n'])
    const [path] = filesIn(directory)
    vi.advanceTimersByTime(200_000)
    files.append('a', Date.now(), ['{}\n'])
    vi.advanceTimersByTime(200_000)
    expect(files.has(path!)).toBe(true)
    vi.advanceTimersByTime(200_000)
    expect(files.has(path!)).toBe(false)
    files.append('a', Date.now(), ['{}\n'])
    expect(files.has(path!)).toBe(true)
    expect(linesIn(path!)).toHaveLength(3)
  })

  it('leaves nothing of a file that a crash kept from being compressed', async () => {
    const directory = scratch()
    const path = put(directory, 1, 'a', 1000)
    writeFileSync(`${path}.zst.part`, 'half')
    await run(directory, {})
    expect(names(directory)).toEqual(['a.jsonl'])
  })

  it('compresses what is old enough, not what is being written, and reads it back', async () => {
    const directory = scratch()
    const open = put(directory, 10, 'open', 10_000)
    put(directory, 10, 'old', 10_000)
    put(directory, 1, 'new', 10_000)
    expect(await run(directory, { compress_after_days: 7 }, [open])).toEqual({ deleted: 0, compressed: 1 })
    expect(names(directory)).toEqual(['old.jsonl.zst', 'open.jsonl', 'new.jsonl'])
    const [packed] = filesIn(directory)
    expect(statSync(packed!).size).toBeLessThan(1_000)
    expect(statSync(packed!).mode & 0o777).toBe(0o600)
    const events = await readAll(createSessionLog({ directory, encryption: null }))
    expect(events.map(each => each.session_id).sort()).toEqual(['new', 'old', 'open'])
  })

  it('adds what a session wrote after it was compressed to what is there', async () => {
    const directory = scratch()
    put(directory, 10, 'old', 10_000)
    await run(directory, { compress_after_days: 7 })
    put(directory, 10, 'old', 20)
    await run(directory, { compress_after_days: 7 })
    expect(names(directory)).toEqual(['old.jsonl.zst'])
    expect(await readAll(createSessionLog({ directory, encryption: null }))).toHaveLength(2)
  })

  it('follows no link out of its directory', async () => {
    const directory = scratch()
    const elsewhere = scratch()
    put(elsewhere, 100, 'kept', 10)
    symlinkSync(join(elsewhere, readdirSync(elsewhere)[0]!), join(directory, '2020-01-01'))
    await run(directory, {})
    expect(filesIn(elsewhere)).toHaveLength(1)
    expect(lstatSync(join(directory, '2020-01-01')).isSymbolicLink()).toBe(true)
  })
})

describe('encryption', () => {
  const key = (): { readonly key_file: string } => {
    const folder = mkdtempSync(join(tmpdir(), 'lunaroute-key-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, 'key'), randomBytes(32).toString('hex'))
    return { key_file: join(folder, 'key') }
  }

  it.each(['a key file', 'a password'])('by %s hides everything, can be added to, and read back', async by => {
    const directory = scratch()
    const encryption = by === 'a password' ? { password: 'correct horse battery' } : key()
    const settings = options(directory, { encryption })
    await write(settings, [event('s', 'r1', 0, Date.now(), 'canary')])
    await write(settings, [event('s', 'r2', 0, Date.now(), 'canary')])
    for (const path of filesIn(directory)) expect(readFileSync(path, 'utf8')).not.toMatch(/canary|type/)
    const events = await readAll(createSessionLog({ directory, encryption }))
    expect(events).toMatchObject([{ request_id: 'r1', text: 'canary' }, { request_id: 'r2' }])
    const wrong = by === 'a password' ? { password: 'another password' } : key()
    await expect(readAll(createSessionLog({ directory, encryption: wrong }))).rejects.toThrow(/configured key/)
    await expect(readAll(createSessionLog({ directory, encryption: null }))).rejects.toThrow(/no key/)
  })

  it('reads back a session whose id no file can have', async () => {
    const directory = scratch()
    const encryption = key()
    await write(options(directory, { encryption }), [event('a/b', 'r', 0)])
    expect(await readAll(createSessionLog({ directory, encryption }))).toMatchObject([{ session_id: 'a/b' }])
  })

  it('notices a line that was changed, and reads the others', async () => {
    const directory = scratch()
    const encryption = key()
    await write(options(directory, { encryption }), [event('s', 'r', 0), event('s', 'r', 1), event('s', 'r', 2)])
    const path = filesIn(directory).find(each => each.endsWith('.enc'))!
    const lines = readFileSync(path, 'utf8').split('\n')
    lines[1] = `${lines[1]!.slice(0, 40)}AAAA${lines[1]!.slice(44)}`
    writeFileSync(path, lines.join('\n'))
    const skipped: number[] = []
    const events = await readAll(createSessionLog({ directory, encryption }), line => skipped.push(line))
    expect([events.map(each => each.sequence), skipped]).toEqual([[0, 2], [2]])
  })
})

it.each([
  [{ retention: { max_age_days: 5, compress_after_days: 5 } }, /compress_after_days/],
  [{ retention: { max_size_mb: 1, max_total_size_gb: 1 } }, /max_size_mb/],
  [{ encryption: {} }, /encryption/],
])('refuses options that contradict themselves: %j', async (given, message) => {
  await expect(harness(sessionRecorder(), sessionJsonl(given))).rejects.toThrow(message)
})

it('goes on when the directory is replaced by something else for a while', async () => {
  const directory = join(scratch(), 'sessions')
  const { g, stop } = await recorded({ directory, upstream: () => ({ body: { choices: [] } }) })
  const ask = async () =>
    (await g.post('/v1/chat/completions', { model: 'm', messages: [] }, { session_id: 's' })).text()
  await ask()
  await until(
    () => filesIn(directory).some(each => each.endsWith('s.jsonl') && statSync(each).size > 0),
    'the first is written',
    20_000,
  )
  rmSync(directory, { recursive: true })
  writeFileSync(directory, 'no folder')
  await ask()
  await until(() => g.logs.some(each => each.includes('its events wait')), 'the fault is told', 20_000)
  rmSync(directory)
  await until(() => g.logs.some(each => each.includes('works again')), 'it works again', 30_000)
  expect(of(await stop(), 'completed')).toHaveLength(1)
})
