import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../src/config/load-config.ts'
import { Gateway } from '../src/gateway.ts'
import { definePlugin, statusService, Type } from '../src/index.ts'
import { createLog } from '../src/log.ts'
import { freePort } from './support/free-port.ts'
import { pause, until } from './support/until.ts'

const schema = Type.Object({
  limits: Type.Array(Type.Object({ id: Type.String(), limit: Type.Integer({ minimum: 1 }) })),
})
type Seen = { readonly limits: readonly { readonly id: string; readonly limit: number }[] } | undefined

const good = (limit: number) => JSON.stringify({ limits: [{ id: 'a', limit }] })
const BAD = '{\n  "limits": [\n    { "id": "a", "limit": 1 },\n    { "id": "b", "limit": 0 }\n  ]\n}'

/** A gateway with a plugin that owns `limits.json`, and everything the plugin was given. */
async function start(text: string | undefined, isRequired = false) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'data-files-')))
  const path = join(folder, 'limits.json')
  if (text !== undefined) writeFileSync(path, text)
  const seen: Seen[] = []
  const port = await freePort()
  const plugin = definePlugin({
    name: 'limits',
    async setup(_options, api) {
      const file = await api.dataFile({
        file: 'limits.json',
        schema,
        isRequired,
        nameOf: (value, [, index]) => `limit "${(value as { limits: { id: string }[] }).limits[Number(index)]?.id}"`,
        check: ({ limits }) => [
          ...(limits.length > 2 ? [{ path: ['limits', 2], message: 'is one too many' }] : []),
          ...(limits.length > 1 ? [{ path: ['limits', 1], message: 'is rare', isWarning: true }] : []),
        ],
        onChange: value => seen.push(value),
      })
      seen.push(file.value)
      return { ingress: () => ({ status: 200, body: { value: file.value ?? null } }) }
    },
  })
  const lines: string[] = []
  const gateway = await Gateway.start({
    load: () => loadConfig({ cwd: folder, home: folder, env: {}, config: { port, plugins: [plugin()] } }),
    openLog: settings => createLog(settings, { write: line => lines.push(line) }),
    watch: true,
  }).catch(error => {
    rmSync(folder, { recursive: true })
    throw error
  })
  onTestFinished(async () => {
    await gateway.close()
    rmSync(folder, { recursive: true })
  })
  const status = () =>
    gateway.generation
      .offers(statusService)
      .find(each => each.name === 'limits.json')!
      .read()
  const limits = () => seen.at(-1)?.limits.map(each => each.limit)
  return { gateway, path, seen, lines, status, limits, write: (next: string) => writeFileSync(path, next) }
}

it('an edit reaches the plugin, and no generation is built for it', async () => {
  const { gateway, write, limits, status } = await start(good(1))
  expect(limits()).toEqual([1])
  write(good(2))
  await until(() => limits()?.[0] === 2, 'the edit arrives', 5_000)
  expect(gateway.config().generation).toBe(1)
  expect(status().state).toBe('ok')
})

it('a bad edit is refused with file, line, key and the name of the thing, until it is mended', async () => {
  const { path, write, limits, status, lines } = await start(good(1))
  write(BAD)
  await until(() => status().state === 'degraded', 'the edit is refused', 5_000)
  const told = `${path}:4:18 limits[1].limit: limit "b": must be >= 1`
  expect(status().message).toContain(told)
  expect(lines.filter(line => line.includes('"level":"error"')).join()).toContain('limit \\"b\\": must be >= 1')
  expect(limits()).toEqual([1])
  write('{ "limits": ')
  await until(() => status().message!.includes('invalid JSON'), 'the next one too', 5_000)
  write(good(3))
  await until(() => status().state === 'ok', 'it is mended', 5_000)
  expect(limits()).toEqual([3])
})

it('what a check finds refuses the edit, and warnings are told with their place', async () => {
  const { write, limits, status, lines } = await start(good(1))
  const list = (count: number) => JSON.stringify({ limits: Array(count).fill({ id: 'a', limit: 7 }) })
  write(list(3))
  await until(() => status().state === 'degraded', 'the edit is refused', 5_000)
  expect(status().message).toContain('limits[2]: limit "a": is one too many')
  write(list(2))
  await until(() => limits()?.length === 2, 'the edit is taken', 5_000)
  expect(lines.join()).toContain('limits.json:1 limits[1]: limit \\"a\\": is rare')
})

it('a file that comes, goes and comes back is noticed each time', async () => {
  const { path, write, seen, limits } = await start(undefined)
  expect(seen).toEqual([undefined])
  write(good(1))
  await until(() => limits()?.[0] === 1, 'it has come', 5_000)
  rmSync(path)
  await until(() => seen.at(-1) === undefined, 'it has gone', 5_000)
  writeFileSync(`${path}.new`, good(2))
  renameSync(`${path}.new`, path)
  await until(() => limits()?.[0] === 2, 'it is back', 5_000)
})

it('a file that was there from the start may go and come back, too', async () => {
  const { path, write, seen, limits } = await start(good(1))
  rmSync(path)
  await until(() => seen.at(-1) === undefined, 'it has gone', 5_000)
  await pause(200)
  write(good(2))
  await until(() => limits()?.[0] === 2, 'it is back', 5_000)
})

it('a folder may be put in the place of its own, and be moved away and back', async () => {
  const { path, write, limits } = await start(good(1))
  const folder = dirname(path)
  const isSeen = (limit: number, what: string) => until(() => limits()?.[0] === limit, what, 5_000)
  renameSync(folder, `${folder}-old`)
  mkdirSync(folder)
  write(good(2))
  await isSeen(2, 'the other folder counts')
  rmSync(folder, { recursive: true })
  renameSync(`${folder}-old`, folder)
  await isSeen(1, 'the first is back')
  write(good(3))
  await isSeen(3, 'and goes on to be watched')
})

it('a required file that goes is missed, and what it held serves on', async () => {
  const { path, limits, status } = await start(good(1), true)
  rmSync(path)
  await until(() => status().state === 'degraded', 'it is missed', 5_000)
  expect(status().message).toContain('there is no such file')
  expect(limits()).toEqual([1])
})

it('a reload of the configuration while the file is broken goes on with what it held', async () => {
  const { gateway, write, seen, status } = await start(good(1))
  write(BAD)
  await until(() => status().state === 'degraded', 'the edit is refused', 5_000)
  expect((await gateway.reload()).error).toBeNull()
  expect(gateway.config().generation).toBe(2)
  expect(seen).toHaveLength(2)
  expect(seen[1]).toEqual(seen[0])
  expect(status().state).toBe('degraded')
})

it('a bad file at the start is an error with its place', async () => {
  await expect(start(BAD)).rejects.toThrow('limit "b": must be >= 1')
  await expect(start(undefined, true)).rejects.toThrow('there is no such file')
})
