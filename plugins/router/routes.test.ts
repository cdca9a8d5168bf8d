import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { definePlugin } from 'lunaroute'
import { gateway, harness } from 'lunaroute/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dialects, other, routed, to } from '../../test/support/routed.ts'
import { until } from '../../test/support/until.ts'
import health from '../health/index.ts'
import router from './index.ts'

describe('routes.json', () => {
  const folder = () => {
    const path = mkdtempSync(join(tmpdir(), 'routes-'))
    onTestFinished(() => rmSync(path, { recursive: true }))
    return join(path, 'routes.json')
  }
  const sample = [
    {
      id: 'rule_01',
      priority: 100,
      listener: 'openai',
      match: { model: 'gpt-4o', headers: { 'X-User-Tier': 'paid' } },
      target: { provider: 'other', model: 'claude-3.5-sonnet' },
      fallbacks: [{ provider: 'openai', model: 'gpt-4o-mini' }],
      options: { strip_unsupported_tools: true, timeout_ms: 20_000 },
    },
    {
      id: 'rule_02',
      priority: 200,
      listener: 'anthropic',
      match: { model: 'h' },
      target: { provider: 'openai' },
      fallbacks: [],
      options: {},
    },
  ]

  it('holds rules as they are documented, as a list or under a key', async () => {
    for (const content of [sample, { rules: sample, aliases: { paid: 'gpt-4o' } }]) {
      const file = folder()
      writeFileSync(file, JSON.stringify(content))
      const { chat } = await routed({ file }, {}, other)
      const answer = await chat({ model: 'gpt-4o' }, { 'x-user-tier': 'paid' })
      expect(answer).toMatchObject({ route: 'rule_01', to: ['other claude-3.5-sonnet'] })
      expect((await chat({ model: 'gpt-4o' })).route).toBe('default_openai')
    }
  })

  it('may be edited: the next request sees it, and a bad edit changes nothing', async () => {
    const file = folder()
    const write = (model: string) =>
      writeFileSync(file, JSON.stringify({ rules: [{ id: 'r', match: { model: 'm' }, ...to('other', model) }] }))
    write('one')
    const h = await harness(
      dialects,
      definePlugin({ name: 'other', providers: { other: other.other as never }, setup: () => ({}) })(),
      router({ file }),
    )
    onTestFinished(() => h.close())
    const asked = async () => (await h.route([], h.request({ model: 'm' }, { dialect: 'openai-chat' })))[0]?.model
    expect(await asked()).toBe('one')
    write('two')
    await until(async () => (await asked()) === 'two', 'the edit takes effect')
    writeFileSync(
      file,
      '{\n "rules": [\n  { "id": "r", "match": { "modle": "m" }, "target": { "provider": "other" } }\n ]\n}',
    )
    await until(() => h.logs.some(each => each.level === 'error'), 'the bad edit is refused')
    const { message } = h.logs.find(each => each.level === 'error')!
    expect(message).toContain(`${file}:3:`)
    expect(message).toContain('rule "r": unknown key "modle" (did you mean "model"?)')
    expect(await asked()).toBe('two')
  })

  it('that is broken is told at /readyz, with its place', async () => {
    const file = folder()
    writeFileSync(file, '[]')
    const g = await gateway({ plugins: [dialects, health(), router({ file })] })
    onTestFinished(() => g.close())
    const state = async () => (await (await g.fetch('/readyz')).text()).match(/"routes.json":\{[^}]*/)?.[0]
    expect(await state()).toContain('"state":"ok"')
    writeFileSync(file, '[{ "id": "r", "target": { "provider": "opnai" } }]')
    await until(async () => (await state())!.includes('degraded'), 'the refusal is told')
    expect(await state()).toContain(`${file}:1:15 [0].target: rule \\"r\\": no provider is called \\"opnai\\"`)
  })

  describe('is followed', () => {
    const table = (model: string) => JSON.stringify([{ id: 'r', match: { model: 'm' }, ...to('other', model) }])
    const replace = (file: string, text: string) => {
      writeFileSync(`${file}.new`, text)
      renameSync(`${file}.new`, file)
    }
    const follow = async (file: string) => {
      const { chat, g } = await routed({ file }, {}, other)
      return {
        g,
        becomes: (model: string) =>
          until(async () => (await chat({ model: 'm' })).to[0] === `other ${model}`, `the table says ${model}`),
      }
    }

    it('through being replaced, renamed away, removed and written again', async () => {
      const file = folder()
      writeFileSync(file, table('first'))
      const { g, becomes } = await follow(file)
      for (const model of ['second', 'third', 'fourth']) {
        replace(file, table(model))
        await becomes(model)
      }
      renameSync(file, `${file}.away`)
      await until(() => g.logs.some(line => line.includes('there is no such file')), 'it is missed')
      await becomes('fourth')
      writeFileSync(file, table('fifth'))
      await becomes('fifth')
      rmSync(file)
      writeFileSync(file, table('sixth'))
      await becomes('sixth')
      writeFileSync(file, '[{')
      await until(() => g.logs.some(line => line.includes('invalid JSON')), 'it is refused')
      await becomes('sixth')
      writeFileSync(file, table('seventh'))
      await becomes('seventh')
    })

    it('where it is a link, to what the link leads to now', async () => {
      const file = folder()
      const real = join(dirname(file), 'real.json')
      writeFileSync(real, table('first'))
      symlinkSync('real.json', file)
      const { becomes } = await follow(file)
      await becomes('first')
      writeFileSync(real, table('second'))
      await becomes('second')
      for (const model of ['third', 'fourth']) {
        replace(real, table(model))
        await becomes(model)
      }
    })

    it('through the swaps of a mounted ConfigMap', async () => {
      const file = folder()
      const at = (name: string) => join(dirname(file), name)
      const publish = (version: string) => {
        mkdirSync(at(`..${version}`))
        writeFileSync(at(`..${version}/routes.json`), table(version))
        symlinkSync(`..${version}`, at('..data_tmp'))
        renameSync(at('..data_tmp'), at('..data'))
      }
      publish('v0')
      symlinkSync('..data/routes.json', file)
      const { becomes } = await follow(file)
      await becomes('v0')
      for (let version = 1; version <= 4; version++) {
        publish(`v${version}`)
        rmSync(at(`..v${version - 1}`), { recursive: true })
        await becomes(`v${version}`)
      }
    })
  })
})
