import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Config } from '../src/config/define.ts'
import type { Plugin, PluginFactory } from '../src/index.ts'
import { testDialect } from '../src/testing/dialect.ts'
import { chunk, gateway, type Harness, harness } from '../src/testing.ts'
import { until } from './support/until.ts'

const folder = new URL('../plugins/', import.meta.url)
const names = readdirSync(folder)

/** The plugin as its own example configures it, with the plugins it stands among there. */
async function exampleOf(name: string): Promise<readonly Plugin[]> {
  const { default: config } = (await import(`../plugins/${name}/example.config.ts`)) as { default: Config }
  const listed = flatten([config.extends, config.plugins])
  return listed.filter((each): each is Plugin => typeof each === 'object' && each !== null && 'setup' in each)
}

function flatten(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.flatMap(flatten) : [value]
}

/** The key that the examples of plugins which ask for one let in. */
const KEY = { 'x-test-key': 'sk-gateway-001' }

/** One idle run through every hook. */
async function idle(h: Harness): Promise<void> {
  const request = h.request({ model: 'm' }, { dialect: 'test', headers: KEY })
  const exchange = h.exchange(request)
  await h.ingress(exchange)
  await h.normalize(request, exchange)
  await h.route([{ provider: 'test', headers: {} }], request, exchange)
  await h.egress({}, request, exchange)
  h.streamChunk(chunk({ text: 'hello' }), exchange)
  await h.record(h.exchange(request, { outcome: 'ok', response: { status: 200 } }))
}

describe.each(names)('the plugin %s', name => {
  it('exports a factory by default, and its name is its folder', async () => {
    const module = (await import(`../plugins/${name}/index.ts`)) as { default: PluginFactory<unknown> }
    expect(typeof module.default).toBe('function')
    const [plugin] = (await exampleOf(name)).filter(each => each.name === name)
    expect(plugin, `example.config.ts uses the plugin ${name}`).toBeDefined()
  })

  it('has a README that says what it is for and shows its example', () => {
    const readme = readFileSync(new URL(`${name}/README.md`, folder), 'utf8')
    const example = readFileSync(new URL(`${name}/example.config.ts`, folder), 'utf8')
    expect(readme).toMatch(new RegExp(`^# ${name}\n\n[A-Z]`))
    expect(readme).toContain(example.trim())
  })

  it('has tests', () => {
    const tests = readdirSync(new URL(`${name}/`, folder), { recursive: true, encoding: 'utf8' })
    expect(tests.filter(each => each.endsWith('.test.ts'))).not.toEqual([])
    expect(existsSync(new URL(`${name}/index.test.ts`, folder))).toBe(true)
  })

  it('builds, idles and disposes, and leaves nothing open', async () => {
    const plugins = await exampleOf(name)
    const before = open()
    const h = await harness(testDialect(), plugins)
    await idle(h)
    await h.close()
    // A watch of files that has been closed is gone a few turns of the event loop later.
    await until(() => open().every(each => before.includes(each)), 'nothing is left open')
    expect(h.logs.filter(each => each.level === 'error')).toEqual([])
  })

  it('lets what does not concern it pass byte for byte', async () => {
    const body = '{ "model":"m",\n "n":1.0,"text":"\\u00e9 é", "x":[ ] }'
    const answer = '{ "answer" : 1.0 }\n'
    const g = await gateway({ plugins: [testDialect(), await exampleOf(name)] }, { upstream: () => ({ body: answer }) })
    onTestFinished(() => g.close())
    const response = await g.post('/v1/generate?a=%20', body, { 'x-own': 'kept', ...KEY })
    expect(await response.text()).toBe(answer)
    expect(g.received).toMatchObject([{ path: '/v1/generate?a=%20', headers: { 'x-own': 'kept' } }])
    expect(g.received[0]!.body.toString()).toBe(body)
  })

  it.each(['older', 'newer'])('works on when the %s of two generations goes', async which => {
    const plugins = await exampleOf(name)
    const older = await harness(testDialect(), plugins)
    const newer = await older.reload(testDialect(), plugins)
    await Promise.all([idle(older), idle(newer)])
    const [gone, staying] = which === 'older' ? [older, newer] : [newer, older]
    await gone.close()
    await idle(staying)
    await staying.close()
    expect([...older.logs, ...newer.logs].filter(each => each.level === 'error')).toEqual([])
  })
})

/** What would keep the process alive. Timers of other tests' connections come and go, so only what a plugin would open. */
function open(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter(each => /FSEvent|StatWatcher|MessagePort|Worker|TCPServer|Pipe/.test(each))
}
