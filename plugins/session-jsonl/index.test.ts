import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { SessionEvent } from '../../src/sessions/index.ts'
import { harness } from '../../src/testing.ts'
import { context, event, options, readAll } from '../../test/recording/jsonl.ts'
import { eventsIn, filesIn, of, recorded, scratch } from '../../test/recording/rig.ts'
import { until } from '../../test/support/until.ts'
import sessionRecorder from '../session-recorder/index.ts'
import sessionJsonl from './index.ts'
import { createSessionLog } from './log.ts'
import type { WriterOptions } from './options.ts'
import { createWriter } from './writer.ts'

async function write(settings: WriterOptions, ...batches: (readonly SessionEvent[])[]): Promise<void> {
  const writer = await createWriter(settings, context)
  try {
    for (const batch of batches) await writer.write(batch)
  } finally {
    await writer.close?.()
  }
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
