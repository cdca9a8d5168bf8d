import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import health from '../../plugins/health/index.ts'
import metrics from '../../plugins/metrics/index.ts'
import sessionSqlite from '../../plugins/session-sqlite/index.ts'
import { SqliteReader } from '../../plugins/session-sqlite/reader.ts'
import { meterService, statusService } from '../../src/index.ts'
import { definePlugin } from '../../src/plugin.ts'
import type { Status } from '../../src/services.ts'
import { until } from '../support/until.ts'
import { eventsIn, filesIn, of, recorded, scratch } from './rig.ts'

const CHAT = '/v1/chat/completions'
const answer = { choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }] }
const PATIENCE = 30_000

/** A small file system of the test's own; null where the system does not let us mount one. */
function mounted(size: string): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'lunaroute-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    rmdirSync(folder)
    return null
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder])
    rmdirSync(folder)
  })
  return folder
}

const canMount = (() => {
  const folder = mkdtempSync(join(tmpdir(), 'lunaroute-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' })
    execFileSync('umount', ['-l', folder])
    return true
  } catch {
    return false
  } finally {
    rmdirSync(folder)
  }
})()

/** A gateway that records there, and a plugin that reads how recording stands. */
async function start(directory: string) {
  let value: (name: string) => number | undefined = () => undefined
  let read: () => Status | undefined = () => undefined
  const watching = definePlugin({
    name: 'watching',
    setup(_options, api) {
      value = name => {
        const meter = api.offers(meterService).find(each => each.name === `lunaroute_recording_${name}`)
        return [...(meter?.read() ?? [])][0]?.value
      }
      read = () =>
        api
          .offers(statusService)
          .find(each => each.name === 'session-recorder')
          ?.read()
      return {}
    },
  })
  const { g, stop } = await recorded({
    directory,
    upstream: () => ({ body: answer }),
    plugins: [watching(), health()],
  })
  let asked = 0
  const ask = async (text = 'hi'): Promise<void> => {
    const reply = await g.post(
      CHAT,
      { model: 'm', messages: [{ role: 'user', content: text }] },
      { session_id: `s${asked++ % 3}` },
    )
    expect([reply.status, await reply.json()]).toEqual([200, answer])
  }
  return {
    g,
    stop,
    ask,
    value: (name: string) => value(name),
    state: () => read()?.state,
    message: () => read()?.message ?? '',
    asked: () => asked,
  }
}

const isWritten = (directory: string, count: number) => () => of(eventsIn(directory), 'completed').length === count

describe('serving goes on and recording resumes by itself', () => {
  it.skipIf(!canMount)(
    canMount
      ? 'when the disk was full'
      : 'when the disk was full: skipped, this system does not let a test mount a tmpfs',
    async () => {
      const directory = mounted('2m')!
      const filler = join(directory, 'filler')
      const { stop, ask, value, state, message, asked } = await start(directory)
      await ask()
      await until(isWritten(directory, 1), 'the first is written', PATIENCE)
      writeFileSync(filler, '')
      expect(() => {
        for (;;) appendFileSync(filler, Buffer.alloc(65_536))
      }).toThrow(/ENOSPC/)
      for (let i = 0; i < 20; i++) await ask('long '.repeat(10_000))
      await until(() => state() === 'degraded', 'the fault is shown', PATIENCE)
      expect(message()).toMatch(/jsonl: .*ENOSPC/)
      expect(value('write_failures_total')).toBeGreaterThan(0)
      // What was written is whole lines all the time.
      eventsIn(directory)
      execFileSync('mount', ['-o', 'remount,size=50m', directory])
      await until(() => state() === 'ok', 'it resumes', PATIENCE)
      expect(of(await stop(), 'completed')).toHaveLength(asked())
    },
  )

  it.skipIf(!canMount)(
    canMount
      ? 'when the directory was read-only'
      : 'when it was read-only: skipped, this system does not let a test mount a tmpfs',
    async () => {
      const directory = mounted('50m')!
      const { stop, ask, state, message, asked } = await start(directory)
      await ask()
      await until(isWritten(directory, 1), 'the first is written', PATIENCE)
      // The file that is open would still be written to: it goes, as if somebody had tidied up.
      const files = filesIn(directory).filter(each => each.endsWith('.jsonl'))
      for (const path of files) rmSync(path)
      execFileSync('mount', ['--bind', directory, directory])
      execFileSync('mount', ['-o', 'remount,bind,ro', directory])
      for (let i = 0; i < 5; i++) await ask()
      await until(() => state() === 'degraded', 'the fault is shown', PATIENCE)
      expect(message()).toMatch(/jsonl: .*EROFS/)
      execFileSync('umount', ['-l', directory])
      await until(() => state() === 'ok', 'it resumes', PATIENCE)
      expect(of(await stop(), 'completed')).toHaveLength(asked() - 1)
    },
  )

  it('when a file was corrupted', async () => {
    const directory = scratch()
    const { stop, ask } = await start(directory)
    for (let i = 0; i < 3; i++) await ask()
    await until(isWritten(directory, 3), 'the first are written', PATIENCE)
    const [path] = filesIn(directory).filter(each => each.endsWith('.jsonl'))
    const size = statSync(path!).size
    writeFileSync(path!, Buffer.alloc(size, 0), { flag: 'r+' })
    for (let i = 0; i < 3; i++) await ask()
    await stop().catch(() => undefined)
    // What follows the broken bytes is readable again.
    const lines = readFileSync(path!, 'utf8')
      .slice(size)
      .split('\n')
      .filter(line => line !== '')
    expect(lines.map(line => JSON.parse(line).type)).toContain('completed')
  })
})

it('is shown as degraded, and the gateway stays ready', async () => {
  const directory = join(scratch(), 'sessions')
  writeFileSync(directory, 'a file where the folder should be')
  const { g, ask, state } = await start(directory)
  await ask()
  await until(() => state() === 'degraded', 'the fault is shown', PATIENCE)
  const ready = await g.fetch('/readyz')
  expect(ready.status).toBe(200)
  expect(existsSync(directory)).toBe(true)
})

it.skipIf(!canMount).each([
  [
    'full',
    false,
    (disk: string) => {
      const filler = join(disk, 'filler')
      writeFileSync(filler, '')
      expect(() => {
        for (;;) appendFileSync(filler, Buffer.alloc(65_536))
      }).toThrow(/ENOSPC/)
    },
    (disk: string) => void execFileSync('mount', ['-o', 'remount,size=50m', disk]),
    /sqlite: .*full/,
  ],
  [
    'read-only',
    // A file that is open would still be written to.
    true,
    (disk: string) => {
      execFileSync('mount', ['--bind', disk, disk])
      execFileSync('mount', ['-o', 'remount,bind,ro', disk])
    },
    (disk: string) => void execFileSync('umount', ['-l', disk]),
    /sqlite: .*(written to|database fails)/,
  ],
])(
  `/readyz and /metrics show that the disk of the database is %s, and that it is over${canMount ? '' : ': skipped, this system does not let a test mount a tmpfs'}`,
  async (_, isFromStart, breakIt, mendIt, message) => {
    const [directory, disk] = [scratch(), mounted('3m')!]
    const path = join(disk, 'sessions.db')
    if (isFromStart) breakIt(disk)
    const { g, stop } = await recorded({
      directory,
      upstream: () => ({ body: answer }),
      plugins: [sessionSqlite({ path }), health(), metrics()],
    })
    let asked = 0
    const ask = async (text = 'hi'): Promise<void> => {
      const body = { model: 'm', messages: [{ role: 'user', content: `${asked++} ${text}` }] }
      expect((await g.post(CHAT, body, { session_id: 's' })).status).toBe(200)
    }
    const standing = async (): Promise<{ readonly state: string; readonly message?: string }> => {
      const reply = await g.fetch('/readyz')
      expect(reply.status).toBe(200)
      const { statuses } = (await reply.json()) as { statuses: Readonly<Record<string, { state: string }>> }
      return statuses['session-recorder']!
    }
    const failures = async (): Promise<number> => {
      const text = await (await g.fetch('/metrics')).text()
      return Number(/^lunaroute_recording_write_failures_total\{writer="sqlite"\} (\d+)$/m.exec(text)?.[1])
    }
    const inDatabase = (): number | undefined => {
      const reader = new SqliteReader({ path })
      try {
        return reader.get('s')?.request_count
      } finally {
        reader.close()
      }
    }
    if (!isFromStart) {
      await ask()
      await until(() => existsSync(path) && inDatabase() === 1, 'the first is in the database', PATIENCE)
      expect([(await standing()).state, await failures()]).toEqual(['ok', 0])
      breakIt(disk)
    }
    for (let i = 0; i < 10; i++) await ask('long '.repeat(20_000))
    await until(async () => (await standing()).state === 'degraded', 'the fault is shown', PATIENCE)
    expect((await standing()).message).toMatch(message)
    expect(await failures()).toBeGreaterThan(0)
    await until(isWritten(directory, asked), 'the log has all of them', PATIENCE)
    mendIt(disk)
    await until(async () => (await standing()).state === 'ok', 'it resumes', PATIENCE)
    await until(() => inDatabase() === asked, 'the database has all of them', PATIENCE)
    await stop()
  },
)
