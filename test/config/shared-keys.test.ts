// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of configs hold templates
import { expect, test } from 'vitest'
import type { ResolvedConfig } from '../../src/config/resolved.ts'
import { workspace } from './workspace.ts'

const LUNAROUTE = new URL('../../src/index.ts', import.meta.url).pathname

/** Reads a key of the providers' entries, and a part of the section of another plugin. */
const delta = `
  import { definePlugin, Type } from '${LUNAROUTE}'
  export default definePlugin({
    name: 'delta',
    section: 'routing.provider_switch_notification',
    providerKeys: ['tags', 'request_headers'],
    options: Type.Object({
      enabled: Type.Optional(Type.Boolean()),
      providers: Type.Optional(Type.Record(Type.String(), Type.Object({
        tags: Type.Optional(Type.Array(Type.String())),
        weight: Type.Optional(Type.Number()),
        request_headers: Type.Optional(Type.Record(Type.String(), Type.String())),
      }))),
    }),
    check: (options, { providers, didYouMean }) => Object.keys(options.providers ?? {}).flatMap(name =>
      providers.includes(name) ? [] : [{ path: ['providers', name], message: 'none' + didYouMean(name, providers) }]),
    setup: () => ({}),
  })`
const epsilon = `
  import { definePlugin, Type } from '${LUNAROUTE}'
  export default definePlugin({
    name: 'epsilon',
    section: 'routing',
    options: Type.Object({ rules: Type.Optional(Type.Array(Type.String())) }),
    setup: () => ({}),
  })`

const project = (yaml: string) =>
  workspace({ 'delta.ts': delta, 'epsilon.ts': epsilon, 'lunaroute.config.yaml': yaml.replace(/^\n/, '') })
const optionsOf = (config: ResolvedConfig, name: string) =>
  config.plugins.find(({ plugin }) => plugin.name === name)?.options

test("a plugin gets its keys of the providers' entries, over its own options", async () => {
  const { config, warnings } = await project(`
extends: default
plugins:
  - name: ./delta.ts
    options: { providers: { openai: { tags: [a], weight: 2 }, anthropic: { weight: 3 } } }
providers:
  openai: { tags: "b, c", request_headers: { x-a: "\${request_id}" } }
  off: { enabled: "no", tags: [d] }
`).load({ env: { request_id: 'frozen' } })
  expect(warnings).toEqual([])
  expect(optionsOf(config, 'delta')).toEqual({
    providers: {
      openai: { tags: ['b', 'c'], weight: 2, request_headers: { 'x-a': '${request_id}' } },
      anthropic: { weight: 3 },
    },
  })
})

test('what is wrong with such a key is told with its own place', async () => {
  const error = await project(`
extends: default
plugins: [./delta.ts]
providers:
  openai:
    base_url: https://x.test
    tags: [{}]
`).failure()
  expect(error.message).toContain('option providers.openai.tags[0] of plugin "delta": must be a string')
  expect(error.location).toMatchObject({ line: 6, key: 'providers.openai.tags[0]' })
})

test('a key that no loaded plugin reads is an error, and a documented one a warning', async () => {
  const both = 'extends: default\nproviders:\n  openai: { request_headers: {}, tags: [] }\n'
  const error = await project(both).failure()
  expect(error.message).toContain('unknown key "tags"')
  const { warnings } = await project(both.replace(', tags: []', '')).load()
  expect(warnings).toEqual([expect.stringMatching(/:3 .*request_headers: no loaded plugin reads this key$/)])
})

test('a part of a section is another plugin’s, and the rest of it is not', async () => {
  const { config, warnings } = await project(`
extends: default
plugins: [./delta.ts, ./epsilon.ts]
routing: { rules: [a], provider_switch_notification: { enabled: "yes" } }
`).load()
  expect(warnings).toEqual([])
  expect(optionsOf(config, 'delta')).toEqual({ enabled: true })
  expect(optionsOf(config, 'epsilon')).toEqual({ rules: ['a'] })
})

test('without the plugin of the part the other one still does not see it, and it is reported', async () => {
  const { config, warnings } = await project(`
extends: default
plugins: [./epsilon.ts]
routing: { rules: [a], provider_switch_notification: { enabled: true } }
`).load()
  expect(optionsOf(config, 'epsilon')).toEqual({ rules: ['a'] })
  expect(warnings).toEqual([
    expect.stringContaining('routing.provider_switch_notification: no loaded plugin reads this section'),
  ])
})

test('without the plugin of the rest, the rest is reported; what is wrong with the part has its place', async () => {
  const { warnings } = await project(`
extends: default
plugins: [./delta.ts]
routing: { rules: [a], provider_switch_notification: { enabled: true } }
`).load()
  expect(warnings).toEqual([expect.stringMatching(/ routing: no loaded plugin reads this section$/)])
  const error = await project(`
extends: default
plugins: [./delta.ts]
routing:
  provider_switch_notification:
    enabled: 7
`).failure()
  expect(error.location).toMatchObject({ line: 5, key: 'routing.provider_switch_notification.enabled' })
})
