import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { SessionEvent } from '../../src/sessions/index.ts'
import { testFolder } from '../../test/support/folder.ts'
import { ago, bench, HOUR, shape } from '../../test/support/session-database.ts'
import { sessionEvents, TOTAL_TOKENS } from '../../test/support/sessions.ts'
import { rulesOf } from '../session-jsonl/options.ts'
import { tidy } from '../session-jsonl/retention.ts'
import { createWriter as createLogWriter } from '../session-jsonl/writer.ts'
import { openDatabase } from './driver.ts'
import { SqliteWriter } from './writer.ts'

describe('a request that was cut', () => {
  it('runs until its gateway has gone, and is then lost', async () => {
    const first = await bench()
    await first.writer.write(sessionEvents(shape('s1', { isCut: true })))
    expect(first.reader.get('s1')).toMatchObject({ success: null, completed_at: null })
    first.writer.close()
    const second = await bench({ path: first.path })
    expect(second.reader.get('s1')).toMatchObject({
      success: false,
      completed_at: expect.stringMatching(/Z$/),
      error_message: 'the gateway ended before the request did',
    })
    // Its end may have been on the way.
    await second.writer.write(sessionEvents(shape('s1')))
    expect(second.reader.get('s1')).toMatchObject({ success: true, request_count: 3, error_message: null })
  })
})

describe('repair', () => {
  it.each([
    ['encrypted with a key', (key_file: string) => ({ key_file })],
    ['encrypted with a password', () => ({ password: 'correct horse battery' })],
    ['in clear', () => null],
  ])('reads the log of whoever wrote it: %s, compressed or not', async (_, encryptionOf) => {
    const directory = testFolder()
    const key = join(testFolder(), 'key')
    writeFileSync(key, randomBytes(32))
    const encryption = encryptionOf(key)
    const options = { directory, encryption }
    const rules = rulesOf({ retention: { compress_after_days: 1 } })
    const log = await createLogWriter({ ...options, retention: rules }, { warn: () => {} })
    const [old, fresh] = [sessionEvents(shape('old', { at: ago(3 * 24 * HOUR) })), sessionEvents(shape('fresh'))]
    await log.write(old)
    await log.close?.()
    await tidy({ ...options, retention: rules }, Date.now() + 3 * 24 * HOUR, () => false)
    const again = await createLogWriter({ ...options, retention: rules }, { warn: () => {} })
    await again.write(fresh)
    await again.close?.()
    const names = readdirSync(directory, { recursive: true }) as string[]
    expect(names.some(each => each.endsWith('.zst'))).toBe(true)
    expect(names.some(each => each.endsWith('.enc'))).toBe(encryption !== null)
    const module = new URL('../session-jsonl/log.ts', import.meta.url).href
    const { reader, warnings } = await bench({ repair_from: { module, options } })
    expect(reader.events('old')).toEqual(old)
    expect(reader.events('fresh')).toEqual(fresh)
    expect(warnings).toEqual([expect.stringContaining('events were missing')])
  })

  it('leaves to the recorder what was recorded since the start', async () => {
    const folder = testFolder()
    const [before, after] = [sessionEvents(shape('before')), sessionEvents(shape('after', { at: ago(-HOUR) }))]
    const lines = [...before, ...after].map(each => JSON.stringify(each)).join('\n')
    writeFileSync(join(folder, 'session_all.jsonl'), lines)
    const { reader } = await bench({ repair_from: { folder } })
    expect(reader.list({}).sessions.map(each => each.session_id)).toEqual(['before'])
  })

  it('neither counts as missing nor as lost what this process recorded before the database was there', async () => {
    const folder = testFolder()
    const fresh = [shape('fresh', { at: ago(60_000) }), shape('open', { at: ago(60_000), isCut: true })]
    const lines = fresh.flatMap(each => sessionEvents(each)).map(each => JSON.stringify(each))
    writeFileSync(join(folder, 'session_all.jsonl'), lines.join('\n'))
    const { reader, warnings } = await bench({ repair_from: { folder } }, ago(HOUR))
    expect(warnings).toEqual([])
    expect(reader.get('fresh')).toMatchObject({ success: true })
    expect(reader.get('open')).toMatchObject({ success: null })
  })

  it('says so where the log has another key, and goes on', async () => {
    const directory = testFolder()
    const options = { directory, encryption: { password: 'the first password' } }
    const log = await createLogWriter({ ...options, retention: rulesOf({ retention: {} }) }, { warn: () => {} })
    await log.write(sessionEvents(shape('s1')))
    await log.close?.()
    const module = new URL('../session-jsonl/log.ts', import.meta.url).href
    const other = { directory, encryption: { password: 'another password' } }
    const { writer, reader, warnings } = await bench({ repair_from: { module, options: other } })
    expect(warnings).toEqual(['1 sessions of the log could not be read for the repair'])
    await writer.write(sessionEvents(shape('s2')))
    expect(reader.list({}).sessions.map(each => each.session_id)).toEqual(['s2'])
  })

  it('that could not be done at the start is done once the database can be written to', async () => {
    const folder = testFolder()
    const events = sessionEvents(shape('s1'))
    writeFileSync(join(folder, 'session_s1.jsonl'), events.map(each => JSON.stringify(each)).join('\n'))
    const before = await bench()
    const { path } = before
    await before.writer.write(sessionEvents(shape('cut', { isCut: true })))
    before.writer.close()
    const other = openDatabase(path, { isReadOnly: false })
    onTestFinished(() => other.close())
    other.exec('BEGIN IMMEDIATE')
    const { writer, reader } = await bench({ path, repair_from: { folder } })
    expect(writer.status()).toMatchObject({ state: 'degraded' })
    expect(reader.get('s1')).toBeUndefined()
    other.exec('ROLLBACK')
    await writer.write(sessionEvents(shape('s2')))
    expect(writer.status()).toEqual({ state: 'ok' })
    expect(reader.events('s1')).toEqual(events)
    expect(reader.get('cut')).toMatchObject({ success: false })
  })

  it('brings what the log has and a crash kept from the database', async () => {
    const folder = testFolder()
    const events = sessionEvents(shape('s1'))
    const lines = events.map(each => JSON.stringify(each)).join('\n')
    mkdirSync(join(folder, '2026-01-01'))
    writeFileSync(join(folder, '2026-01-01', 'session_s1.jsonl'), `${lines}\n{"type":"completed","sess`)
    const path = join(testFolder(), 'sessions.db')
    const before = await bench({ path })
    await before.writer.write(events.slice(0, 4))
    before.writer.close()
    const { reader, warnings } = await bench({ path, repair_from: { folder } })
    expect(reader.events('s1')).toEqual(events)
    expect(reader.get('s1')).toMatchObject({ total_tokens: TOTAL_TOKENS * 3, success: true })
    expect(warnings).toEqual([expect.stringContaining(`${events.length - 4} events were missing`)])
  })

  it.each([
    ['no database at all', (path: string) => writeFileSync(path, 'this is something else entirely'.repeat(500))],
    ['cut off', (path: string) => truncateSync(path, 5_000)],
  ])('puts a file that is %s aside and fills a new one from the log', async (_, damage) => {
    const folder = testFolder()
    const events = sessionEvents(shape('s1'))
    writeFileSync(join(folder, 'session_s1.jsonl'), events.map(each => JSON.stringify(each)).join('\n'))
    const path = join(testFolder(), 'sessions.db')
    const before = await bench({ path })
    await before.writer.write(events)
    before.writer.close()
    damage(path)
    const { writer, reader, warnings } = await bench({ path, repair_from: { folder } })
    expect(reader.get('s1')).toMatchObject({ total_tokens: TOTAL_TOKENS * 3 })
    await writer.write(sessionEvents(shape('s2')))
    expect(writer.status()).toEqual({ state: 'ok' })
    expect(reader.list({}).sessions).toHaveLength(2)
    expect(readdirSync(join(path, '..')).some(each => each.includes('.damaged-'))).toBe(true)
    expect(warnings.join()).toContain('moved aside')
  })
})

describe('a fault', () => {
  it('of a lock rejects, says so, and is over when the lock is', async () => {
    const { path, writer, reader } = await bench()
    const other = openDatabase(path, { isReadOnly: false })
    onTestFinished(() => other.close())
    other.exec('BEGIN IMMEDIATE')
    const began = performance.now()
    await expect(writer.write(sessionEvents(shape('s1')))).rejects.toThrow('locked by another program')
    // Other writers are in the same thread.
    expect(performance.now() - began).toBeLessThan(1_000)
    expect(writer.status()).toMatchObject({ state: 'degraded', message: expect.stringContaining('locked') })
    other.exec('ROLLBACK')
    await writer.write(sessionEvents(shape('s1')))
    expect(writer.status()).toEqual({ state: 'ok' })
    expect(reader.get('s1')).toMatchObject({ request_count: 3 })
  })

  it('of a place that cannot be written rejects, and is over when it can', async () => {
    const folder = testFolder()
    const blocked = join(folder, 'sub')
    writeFileSync(blocked, 'a file where a folder should be')
    const { writer, reader } = await bench({ path: join(blocked, 'sessions.db') })
    expect(writer.status()).toMatchObject({ state: 'degraded' })
    await expect(writer.write(sessionEvents(shape('s1')))).rejects.toThrow('the sessions database')
    rmSync(blocked)
    await writer.write(sessionEvents(shape('s1')))
    expect(writer.status()).toEqual({ state: 'ok' })
    expect(reader.get('s1')).toMatchObject({ request_count: 3 })
  })

  it('of a full disk rejects the whole batch, and is over when there is room', async () => {
    const { path, writer, reader } = await bench()
    await writer.write(sessionEvents(shape('s0')))
    const limited = new SqliteWriter({ path, most_pages: 60 }, { warn: () => {} })
    await limited.start()
    onTestFinished(() => limited.close())
    const big = sessionEvents(shape('s1', { says: () => 'x'.repeat(400_000) }))
    await expect(limited.write(big)).rejects.toThrow('the disk of the sessions database is full')
    expect(limited.status()).toMatchObject({ state: 'degraded' })
    expect(reader.get('s1')).toBeUndefined()
    await writer.write(big)
    expect(reader.get('s1')).toMatchObject({ request_count: 3 })
  })

  it('of a database that somebody deletes is healed by a new one', async () => {
    const { path, writer, reader } = await bench()
    await writer.write(sessionEvents(shape('s1')))
    for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true })
    await writer.write(sessionEvents(shape('s2')))
    expect(reader.list({}).sessions.map(each => each.session_id)).toEqual(['s2'])
  })
})

it('after kill -9 the next start has in the database what the log has', async () => {
  const folder = testFolder()
  const log = join(folder, 'session_all.jsonl')
  const path = join(testFolder(), 'sessions.db')
  const sessions = Array.from({ length: 40 }, (_, i) => sessionEvents(shape(`s${i}`)))
  const child = spawn(process.execPath, [CRASHER])
  child.stdin.end(JSON.stringify({ path, log, sessions }))
  let written = 0
  for await (const dots of child.stdout) {
    written += dots.length
    if (written > 50) break
  }
  child.kill('SIGKILL')
  await once(child, 'exit')
  // The crash may have come between the two; this one does for sure.
  appendFileSync(log, `${JSON.stringify(sessions.at(-1)![0])}\n{"type":"compl`)
  const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1)
  expect(lines.length).toBeGreaterThan(100)
  expect(lines.length).toBeLessThan(sessions.flat().length)
  const { reader } = await bench({ path, repair_from: { folder } })
  const kept = sessions.flatMap(events => reader.events(events[0]!.session_id))
  const key = (each: SessionEvent) => `${each.request_id} ${each.sequence}`
  expect(kept.map(key).sort()).toEqual(lines.map(line => key(JSON.parse(line))).sort())
  expect(reader.list({ status: 'running' }).sessions).toEqual([])
})

const CRASHER = fileURLToPath(new URL('../../test/support/session-crasher.mjs', import.meta.url))
