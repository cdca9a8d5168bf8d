import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { Gateway } from '../../src/gateway.ts'
import { createLog } from '../../src/log.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'

test('a config file that is written while the gateway runs without one takes effect', async ({ onTestFinished }) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lunaroute-created-')))
  onTestFinished(() => rm(folder, { recursive: true }))
  const env = { LUNAROUTE_PORT: String(await freePort()), LUNAROUTE_PRESET: 'passthrough' }
  const gateway = await Gateway.start({
    load: () => loadConfig({ cwd: folder, home: folder, env }),
    openLog: settings => createLog(settings, { write: () => true }),
    watch: true,
  })
  onTestFinished(() => gateway.close())
  expect(gateway.config().file).toBeNull()
  const file = join(folder, 'lunaroute.config.yaml')
  writeFileSync(file, 'plugins: [health]\n')
  await until(() => gateway.config().generation === 2 || gateway.config().error !== null, 'a new generation')
  expect(gateway.config()).toMatchObject({ file, error: null })
  expect(gateway.config().plugins).toContain('health')
})
