import { describe, expect, it } from 'vitest'
import type { Abortable } from '../src/generation.ts'
import { definePlugin, type Hooks, type PluginApi, Type, withDefault } from '../src/index.ts'
import { Keeper } from '../src/keeper.ts'
import { harness, type LogEntry } from '../src/testing.ts'
import { generationOf } from './support/generation.ts'

const plugin = (name: string, setup: (api: PluginApi) => Hooks | Promise<Hooks> | void = () => undefined) =>
  definePlugin({ name, setup: (_options, api) => (setup(api) ?? {}) as never })()

const inside = (abort: () => void = () => undefined): Abortable => ({ abort, place: -1 })

describe('a build', () => {
  it('sets plugins up in list order, one after the other', async () => {
    const order: string[] = []
    const slow = plugin('slow', async () => {
      await Promise.resolve()
      order.push('slow')
      return {}
    })
    await generationOf({ plugins: [slow, plugin('quick', () => void order.push('quick'))] })
    expect(order).toEqual(['slow', 'quick'])
  })

  it('puts a later plugin of the same name in the place of the earlier one', async () => {
    const hooks = { ingress: () => undefined }
    const [first, second, third] = [plugin('a', () => ({})), plugin('b', () => hooks), plugin('a', () => hooks)]
    const generation = await generationOf({ plugins: [first, second, third] })
    expect(generation.taps.ingress).toEqual(['a', 'b'])
  })

  it('lists the plugins of each hook in run order', async () => {
    const late = plugin('late', () => ({ record: { stage: 'late', handler: () => undefined } }))
    const generation = await generationOf({ plugins: [late, plugin('usual', () => ({ record: () => undefined }))] })
    expect(generation.taps).toMatchObject({ record: ['usual', 'late'], ingress: [] })
  })

  it('gives a plugin its options with their defaults', async () => {
    const options = Type.Object({ max: withDefault(Type.Integer(), 3), min: Type.Optional(Type.Integer()) })
    let seen: unknown
    const limits = definePlugin({
      name: 'limits',
      options,
      setup(given) {
        seen = given
        return {}
      },
    })
    await generationOf({ plugins: [limits({ min: 1 })] })
    expect(seen).toEqual({ max: 3, min: 1 })
  })
})

describe('a failed build', () => {
  const failures: [string, ReturnType<typeof plugin>, string][] = [
    [
      'a setup that throws',
      plugin('bad', () => Promise.reject(new Error('no database'))),
      'plugin "bad" failed in its setup: no database',
    ],
    [
      'an unknown hook',
      plugin('bad', () => ({ ingres: () => undefined }) as Hooks),
      'plugin "bad" returned an unknown hook "ingres"',
    ],
    [
      'a hook that is no function',
      plugin('bad', () => ({ ingress: 'yes' }) as never),
      'plugin "bad": its ingress hook is not a function',
    ],
    [
      'an asynchronous streamChunk',
      plugin('bad', () => ({ streamChunk: async () => undefined }) as never),
      'plugin "bad": its streamChunk hook must not be async',
    ],
    [
      'an impossible order',
      plugin('bad', () => ({ record: { before: ['ghost'], handler: () => undefined } })),
      'plugin "bad" is ordered relative to "ghost"',
    ],
    [
      'a missing companion',
      definePlugin({ name: 'bad', requires: ['auth'], setup: () => ({}) })(),
      'plugin "bad" requires "auth", which is not installed',
    ],
  ]

  it.each(
    failures,
  )('by %s names the plugin and disposes what had been set up, last first', async (_what, bad, message) => {
    const disposed: string[] = []
    const [first, second] = ['first', 'second'].map(name =>
      plugin(name, api => {
        api.keep(
          'kept',
          () => name,
          value => void disposed.push(`kept by ${value}`),
        )
        api.onDispose(() => void disposed.push(name))
        return {}
      }),
    )
    const build = generationOf({ plugins: [first, second, bad] })
    await expect(build).rejects.toThrow(message)
    await expect(build).rejects.toMatchObject({ code: 'LR_CONFIG', plugin: 'bad' })
    expect(disposed).toEqual(['second', 'first', 'kept by first', 'kept by second'])
  })

  it('leaves what an older generation keeps alone', async () => {
    const disposed: unknown[] = []
    const counter = plugin('counter', api => {
      api.keep(
        'count',
        () => ({ n: 0 }),
        value => void disposed.push(value),
      )
      return {}
    })
    const h = await harness(counter)
    await expect(
      h.reload(
        counter,
        plugin('bad', () => Promise.reject(new Error('no'))),
      ),
    ).rejects.toThrow()
    expect(disposed).toEqual([])
    await h.close()
    expect(disposed).toEqual([{ n: 0 }])
  })
})

describe('kept state', () => {
  const kept: string[] = []
  const disposed: string[] = []
  let made = 0
  const counter = definePlugin({
    name: 'counter',
    setup(_options, api) {
      kept.push(
        api.keep(
          'id',
          () => `value ${++made}`,
          value => void disposed.push(value),
        ),
      )
      return {}
    },
  })

  it('survives a reload and goes with the last plugin that asks for it', async () => {
    const first = await harness(counter())
    const second = await first.reload(counter())
    await first.close()
    const third = await second.reload()
    expect(disposed).toEqual([])
    await second.close()
    expect(disposed).toEqual(['value 1'])
    expect(kept).toEqual(['value 1', 'value 1'])
    await third.close()
  })

  it('belongs to its plugin: two plugins with the same key do not share', async () => {
    const values: unknown[] = []
    const keeping = (name: string) => plugin(name, api => void values.push(api.keep('k', () => name)))
    await generationOf({ plugins: [keeping('a'), keeping('b')] })
    expect(values).toEqual(['a', 'b'])
  })
})

describe('a retired generation', () => {
  const disposing = (disposed: string[]) => ({
    plugins: ['first', 'second'].map(name =>
      plugin(name, api => {
        api.onDispose(() => void disposed.push(`${name} a`))
        api.onDispose(() => void disposed.push(`${name} b`))
        return {}
      }),
    ),
  })

  it('is disposed at once when nobody is inside, last registered first', async () => {
    const disposed: string[] = []
    await (await generationOf(disposing(disposed))).retire(1000)
    expect(disposed).toEqual(['second b', 'second a', 'first b', 'first a'])
  })

  it('waits for the last exchange to leave', async () => {
    const disposed: string[] = []
    const generation = await generationOf(disposing(disposed))
    const [one, two] = [inside(), inside()]
    generation.enter(one)
    generation.enter(two)
    const retired = generation.retire(1000)
    generation.leave(one)
    await new Promise(resolve => setImmediate(resolve))
    expect(disposed).toEqual([])
    generation.leave(two)
    await retired
    expect(disposed).toHaveLength(4)
  })

  it('breaks off what is still inside after the deadline', async () => {
    const generation = await generationOf({})
    const exchange = inside(() => generation.leave(exchange))
    generation.enter(exchange)
    await generation.retire(5)
    expect(generation.active).toBe(0)
  })

  it('may be asked to retire twice: both resolve, and the shorter deadline counts', async () => {
    const disposed: string[] = []
    const generation = await generationOf(disposing(disposed))
    const exchange = inside(() => generation.leave(exchange))
    generation.enter(exchange)
    await Promise.all([generation.retire(600_000), generation.retire(5)])
    expect(disposed).toHaveLength(4)
  })

  it('is disposed though one of its disposers fails, which is logged', async () => {
    const disposed: string[] = []
    const logs: LogEntry[] = []
    const failing = plugin('failing', api => {
      api.onDispose(() => Promise.reject(new Error('stuck')))
      return {}
    })
    const generation = await generationOf({ plugins: [...disposing(disposed).plugins, failing] }, { logs })
    await generation.retire(1000)
    expect(disposed).toHaveLength(4)
    expect(logs).toMatchObject([{ level: 'warn' }])
  })

  it('lets go of its kept values', async () => {
    const keeper = new Keeper()
    const disposed: string[] = []
    const keeping = plugin(
      'a',
      api =>
        void api.keep(
          'k',
          () => 'v',
          value => void disposed.push(value),
        ),
    )
    await (await generationOf({ plugins: [keeping] }, { keeper })).retire(0)
    expect(disposed).toEqual(['v'])
  })
})

describe('what may hold a credential', () => {
  it("is what HTTP itself uses for one, and what the dialects' clients send", async () => {
    const { secretHeaders, secretQuery } = await generationOf({})
    expect([...secretHeaders].sort()).toEqual(['authorization', 'cookie', 'proxy-authorization', 'x-test-key'])
    expect(secretQuery).toEqual(['test_key'])
  })
})

describe('the home of a dialect', () => {
  it('is the first provider that speaks it, those of the plugins before those of the config', async () => {
    const providers = { other: { dialect: 'test', base_url: 'http://127.0.0.1:9' } }
    const generation = await generationOf({ providers })
    expect(generation.home(generation.dialects[0]!)).toMatchObject({ provider: 'test', plan: [{ provider: 'test' }] })
  })

  it('is nowhere, and its plan empty, when no provider speaks it', async () => {
    const generation = await generationOf({ providers: { test: { enabled: false } } })
    expect(generation.home(generation.dialects[0]!)).toEqual({ provider: undefined, plan: [] })
  })
})
