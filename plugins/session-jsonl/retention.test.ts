import { lstatSync, mkdirSync, readdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { event, options, readAll } from '../../test/recording/jsonl.ts'
import { filesIn, linesIn, scratch } from '../../test/recording/rig.ts'
import { createSessionLog } from './log.ts'
import { rulesOf } from './options.ts'
import { tidy } from './retention.ts'
import { SessionFiles } from './session-files.ts'

const DAY = 86_400_000

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
