import { describe, expect, it, onTestFinished } from 'vitest'
import type { Config } from '../src/config/define.ts'
import { definePlugin, type GatewayView, type PluginOption } from '../src/index.ts'
import { gateway, type Upstream } from '../src/testing.ts'
import { Recorder } from './support/recorder.ts'

const PATH = '/v1/generate'

async function start(config: Config, upstream?: Upstream) {
  const running = await gateway(config, { ...(upstream && { upstream }) })
  onTestFinished(() => running.close())
  return running
}

const stamp = (text: string, disposed: string[] = []) =>
  definePlugin({
    name: 'stamp',
    setup(_options, api) {
      api.onDispose(() => void disposed.push(text))
      return {
        ingress: exchange => exchange.setResponseHeader('x-stamp', text),
        streamChunk: chunk => chunk.with(text),
      }
    },
  })()

const broken = definePlugin({ name: 'broken', setup: () => Promise.reject(new Error('no database')) })()

/** The gateway as a plugin sees it. */
function viewer(): { readonly plugin: PluginOption; readonly view: () => GatewayView } {
  let seen: GatewayView
  const plugin = definePlugin({
    name: 'viewer',
    setup(_options, api) {
      seen = api.gateway
      return {}
    },
  })()
  return { plugin, view: () => seen }
}

/** A provider whose answers end when the test says so. */
function held(): { readonly upstream: Upstream; release(): void } {
  const waiting: (() => void)[] = []
  const upstream: Upstream = () => ({
    stream: (async function* () {
      yield 'data: 1\n\n'
      await new Promise<void>(resolve => waiting.push(resolve))
      yield 'data: 2\n\n'
    })(),
  })
  const release = () => {
    for (const end of waiting.splice(0)) end()
  }
  return { upstream, release }
}

describe('a reload', () => {
  it('takes effect for the next request, while a stream ends on the generation it began with', async () => {
    const disposed: string[] = []
    const { upstream, release } = held()
    const g = await start({ plugins: [stamp('one', disposed)] }, upstream)
    const first = await g.post(PATH, {})
    await g.reload({ plugins: [stamp('two', disposed)] })
    const second = await g.post(PATH, {})
    expect([first, second].map(each => each.headers.get('x-stamp'))).toEqual(['one', 'two'])
    expect(disposed).toEqual([])
    release()
    expect(await first.text()).toBe('data: one\n\ndata: one\n\n')
    expect(await second.text()).toBe('data: two\n\ndata: two\n\n')
    await g.reload({})
    expect(disposed[0]).toBe('one')
  })

  it('that fails leaves everything as it was, says why, and heals with the next good one', async () => {
    const { plugin, view } = viewer()
    const g = await start({ plugins: [plugin, stamp('one')] })
    const failed = await g.reload({ plugins: [plugin, stamp('two'), broken] })
    expect(failed).toMatchObject({
      generation: 1,
      plugins: ['test-dialect', 'viewer', 'stamp'],
      error: { message: 'plugin "broken" failed in its setup: no database', plugin: 'broken' },
    })
    expect(view().config().error).toEqual(failed.error)
    expect((await g.post(PATH, {})).headers.get('x-stamp')).toBe('one')
    expect(g.logs.join('')).toContain('no database')
    expect(await g.reload({ plugins: [plugin, stamp('three')] })).toMatchObject({ generation: 2, error: null })
    expect((await g.post(PATH, {})).headers.get('x-stamp')).toBe('three')
  })

  it('that fails in its options says which', async () => {
    const g = await start({})
    const status = await g.reload({ plugins: [{ name: 'stamp', options: {} }] })
    expect(status.error?.message).toContain('"stamp"')
  })

  it('asked for many times at once builds once more and no oftener', async () => {
    let builds = 0
    const counting = definePlugin({ name: 'counting', setup: () => ({ ingress: void builds++ as never }) })()
    const g = await start({ plugins: [counting] })
    await Promise.all(Array.from({ length: 10 }, () => g.reload({ plugins: [counting] })))
    expect(builds).toBe(3)
  })
})

describe('what plugins see of the gateway', () => {
  it('counts exchanges in flight, also those of a generation that was replaced', async () => {
    const { plugin, view } = viewer()
    const recorder = new Recorder()
    const { upstream, release } = held()
    const config = { plugins: [plugin, recorder.plugin()] }
    const g = await start(config, upstream)
    const response = await g.post(PATH, {})
    expect(view().inFlight()).toBe(1)
    await g.reload(config)
    expect(view().inFlight()).toBe(1)
    release()
    await response.text()
    await recorder.finished(1)
    await new Promise(resolve => setImmediate(resolve))
    expect(view().inFlight()).toBe(0)
  })

  it('says where it listens and what it was made from', async () => {
    const { plugin, view } = viewer()
    const g = await start({ plugins: [plugin] })
    expect(view().listeners()).toEqual([{ name: 'default', host: '127.0.0.1', port: Number(new URL(g.url).port) }])
    expect(view().config()).toMatchObject({ generation: 1, file: null, error: null })
  })
})

describe('closing', () => {
  it('lets streams end, refuses what comes after, and disposes the plugins', async () => {
    const disposed: string[] = []
    const { upstream, release } = held()
    const g = await gateway({ plugins: [stamp('one', disposed)] }, { upstream })
    const response = await g.post(PATH, {})
    const closed = g.close()
    expect(disposed).toEqual([])
    release()
    expect(await response.text()).toBe('data: one\n\ndata: one\n\n')
    await closed
    expect(disposed).toEqual(['one'])
  })

  it('may be asked for twice', async () => {
    const g = await gateway({})
    await Promise.all([g.close(), g.close()])
  })

  it('while a reload is under way leaves nothing behind', async () => {
    const disposed: string[] = []
    const g = await gateway({ plugins: [stamp('one', disposed)] })
    const reloaded = g.reload({ plugins: [stamp('two', disposed)] })
    await Promise.all([g.close(), reloaded])
    expect(disposed.sort()).toEqual(['one', 'two'])
  })
})
