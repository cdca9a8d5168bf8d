import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../src/config/load-config.ts'
import { ERROR_CODES } from '../src/errors.ts'
import { Gateway } from '../src/gateway.ts'
import { HOOK_NAMES } from '../src/hooks.ts'
import { createLog } from '../src/log.ts'
import * as kit from '../src/testing.ts'
import { freePort } from './support/free-port.ts'
import { until } from './support/until.ts'

const DOCS = fileURLToPath(new URL('../docs/', import.meta.url))
const pages = readdirSync(DOCS).filter(name => name.endsWith('.md'))
const read = (name: string): string => readFileSync(join(DOCS, name), 'utf8')

/** Every file under docs/examples, by its text. */
const examples = new Set(
  readdirSync(join(DOCS, 'examples'), { recursive: true, encoding: 'utf8' })
    .filter(name => /\.\w+$/.test(name))
    .map(name => read(join('examples', name))),
)

describe.each(pages)('docs/%s', name => {
  const text = read(name)

  it('opens with a title and a sentence', () => {
    expect(text).toMatch(/^# \S.*\n\n[A-Z][^#|]+\.\n/)
  })

  it('leads nowhere that does not exist', () => {
    const links = [...text.matchAll(/\]\(([^)#\s]*)(#[^)\s]*)?\)/g)].filter(([, target]) => !/^\w+:/.test(target!))
    for (const [, target = '', anchor] of links) {
      expect(existsSync(join(DOCS, target)), `${name}: ${target}`).toBe(true)
      if (!anchor) continue
      const headings = [...read(target || name).matchAll(/^#+ (.*)$/gm)].map(
        ([, title]) => `#${title!.toLowerCase().replaceAll(' ', '-')}`,
      )
      expect(headings).toContain(anchor)
    }
  })

  it('shows TypeScript only from files that tests run', () => {
    for (const [, block] of text.matchAll(/^```ts\n(.*?)^```$/gms)) expect(examples).toContain(block)
  })
})

// Words that tell a reader who is stuck that it is their fault.
it.each([
  'writing-a-plugin.md',
  'hooks.md',
  'errors.md',
  'testing.md',
  'architecture.md',
  'index.md',
])('%s does without just, simply and easy', name => {
  expect(read(name)).not.toMatch(/\b(?:just|simply|easy|easily|obviously)\b/i)
})

it('the index lists every page', () => {
  for (const name of pages.filter(each => each !== 'index.md')) expect(read('index.md')).toContain(`](${name})`)
})

it('errors.md has exactly the codes of the table, with their status', () => {
  const rows = [...read('errors.md').matchAll(/^\| `(LR_\w+)` \| (\d+) \|/gm)].map(([, code, status]) => [
    code,
    Number(status),
  ])
  expect(Object.fromEntries(rows)).toEqual(ERROR_CODES)
  expect(rows).toHaveLength(Object.keys(ERROR_CODES).length)
})

it('hooks.md has every hook', () => {
  for (const hook of HOOK_NAMES) expect(read('hooks.md')).toMatch(new RegExp(`^\\*\\*${hook}\\.\\*\\*`, 'm'))
})

it('testing.md has every method of the kit', () => {
  const methods = Object.getOwnPropertyNames(kit.Harness.prototype).filter(each => each !== 'constructor')
  for (const method of methods) expect(read('testing.md')).toMatch(new RegExp(`^\\| \`${method}[(\`]`, 'm'))
})

describe('the guide', () => {
  const guide = (part: string) => join(DOCS, 'examples/guide', part)

  it('ends with the example of the same name', () => {
    expect(readFileSync(guide('second/header-stamp.ts'), 'utf8')).toBe(read('examples/header-stamp.ts'))
  })

  it('can be followed: from an empty folder to a plugin that runs, reloads, is refused when broken, and heals', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'guide-'))
    const plugin = join(folder, 'header-stamp.ts')
    const port = await freePort()
    const lines: string[] = []
    cpSync(guide('first'), folder, { recursive: true })
    const gateway = await Gateway.start({
      load: () => loadConfig({ cwd: folder, home: folder, env: { LUNAROUTE_PORT: String(port) } }),
      openLog: settings => createLog(settings, { write: line => lines.push(line) }),
      watch: true,
    })
    onTestFinished(async () => {
      await gateway.close()
      rmSync(folder, { recursive: true })
    })
    const served = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/hello`)
      expect(response.status).toBe(404)
      return response.headers.get('x-served-by')
    }
    expect(await served()).toBe('my gateway')

    const first = readFileSync(plugin, 'utf8')
    writeFileSync(plugin, first.replace('my gateway', 'our gateway'))
    await until(async () => (await served()) === 'our gateway', 'the edit is served')

    writeFileSync(plugin, first.replace('{', ''))
    await until(() => gateway.config().error !== null, 'the broken edit is refused')
    expect(gateway.config().error).toMatchObject({ file: plugin })
    expect(await served()).toBe('our gateway')

    cpSync(guide('second/header-stamp.ts'), plugin)
    await until(() => gateway.config().error?.message.includes('team') ?? false, 'the missing option is named')

    cpSync(guide('second/lunaroute.config.ts'), join(folder, 'lunaroute.config.ts'))
    await until(() => gateway.config().error === null, 'the config heals')
    expect(await served()).toBeNull()
  })
})

it.each(['plugins', 'presets'])('the README lists all %s', folder => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const rows = [...readme.matchAll(/^\| (?:\[`([\w-]+)`\]\([^)]+\)|`([\w-]+)`) \|/gm)].map(
    ([, linked, plain]) => linked ?? plain,
  )
  const names = readdirSync(new URL(`../${folder}/`, import.meta.url)).map(name => name.replace(/\.ts$/, ''))
  expect(rows).toEqual(expect.arrayContaining(names))
})
