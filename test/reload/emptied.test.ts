import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { Gateway } from '../../src/gateway.ts'
import { createLog } from '../../src/log.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'

const rules = (model: string): string =>
  `[{ "id": "${model}", "match": { "model": "${model}" }, "target": { "provider": "openai" } }]`

async function served(name: string, text: string, routes: string) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lunaroute-emptied-')))
  const file = join(folder, name)
  writeFileSync(file, text)
  writeFileSync(join(folder, 'routes.json'), routes)
  const env = { LUNAROUTE_PORT: String(await freePort()) }
  const lines: string[] = []
  const gateway = await Gateway.start({
    load: () => loadConfig({ cwd: folder, home: folder, env }),
    openLog: settings => createLog(settings, { write: line => lines.push(line) }),
    watch: true,
  })
  const close = async () => {
    await gateway.close()
    await rm(folder, { recursive: true })
  }
  return { gateway, folder, file, lines, close }
}

test.for([
  ['lunaroute.config.yaml', 'plugins: [openai, health]\n'],
  ['lunaroute.config.toml', 'plugins = ["openai", "health"]\n'],
  ['lunaroute.config.json', '{ "plugins": ["openai", "health"] }\n'],
] as const)('an emptied %s does not stand for the defaults', async ([name, text], { onTestFinished }) => {
  const { gateway, file, close } = await served(name, text, '[]')
  onTestFinished(close)
  const plugins = gateway.config().plugins
  writeFileSync(file, '')
  await until(() => gateway.config().error !== null || gateway.config().generation > 1, 'it is noticed')
  expect(gateway.config()).toMatchObject({ plugins, error: { file } })
  expect(gateway.config().error?.message).toContain('is empty')
  writeFileSync(file, text)
  await until(() => gateway.config().error === null, 'it is mended')
  expect(gateway.config().plugins).toEqual(plugins)
})

test('a config file that is removed does not stand for the defaults', async ({ onTestFinished }) => {
  const text = 'plugins: [openai, health]\n'
  const { gateway, file, close } = await served('lunaroute.config.yaml', text, '[]')
  onTestFinished(close)
  const { plugins } = gateway.config()
  rmSync(file)
  await until(() => gateway.config().error !== null || gateway.config().generation > 1, 'it is noticed')
  expect(gateway.config()).toMatchObject({ plugins, error: { file } })
  expect(gateway.config().error?.message).toContain('is gone')
  writeFileSync(file, 'plugins: [openai]\n')
  await until(() => gateway.config().error === null, 'it is mended')
  expect(gateway.config().plugins).not.toEqual(plugins)
})

test('routes that are empty while they are being written anew are no refused edit', async ({ onTestFinished }) => {
  const { folder, lines, close } = await served('lunaroute.config.yaml', 'plugins: [openai, router]\n', rules('a'))
  onTestFinished(close)
  const file = join(folder, 'routes.json')
  writeFileSync(file, '')
  // Longer than it waits for an edit to settle.
  await sleep(120)
  writeFileSync(file, rules('b'))
  await until(() => lines.some(line => line.includes('has taken effect')), 'the edit')
  expect(lines.filter(line => line.includes('refused'))).toEqual([])
})

test('routes that are empty while the config is reloaded are no refused edit', async ({ onTestFinished }) => {
  const { folder, gateway, lines, close } = await served(
    'lunaroute.config.yaml',
    'plugins: [openai, router]\n',
    rules('a'),
  )
  onTestFinished(close)
  const file = join(folder, 'routes.json')
  writeFileSync(file, '')
  const reloaded = gateway.reload()
  await sleep(120)
  writeFileSync(file, rules('b'))
  await reloaded
  expect(lines.filter(line => line.includes('refused'))).toEqual([])
})
