import { mkdtempSync, realpathSync, utimesSync, writeFileSync } from 'node:fs'
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

test('a config file from the future is loaded once, not for ever', async ({ onTestFinished }) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lunaroute-clock-')))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'lunaroute.config.yaml')
  const write = (plugins: string) => {
    writeFileSync(file, `plugins: [${plugins}]\n`)
    const tomorrow = Date.now() / 1000 + 86_400
    utimesSync(file, tomorrow, tomorrow)
  }
  write('health')
  const env = { LUNAROUTE_PORT: String(await freePort()) }
  const gateway = await Gateway.start({
    load: () => loadConfig({ cwd: folder, home: folder, env }),
    openLog: settings => createLog(settings, { write: () => true }),
    watch: true,
  })
  onTestFinished(() => gateway.close())
  // Long enough for ten reloads that follow each other.
  await sleep(600)
  expect(gateway.config().generation).toBeLessThanOrEqual(2)
  write('health, admin')
  await until(() => gateway.config().plugins.includes('admin'), 'the edit')
})
