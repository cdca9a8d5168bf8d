import { expect, it } from 'vitest'
import config from '../../lunaroute.config.ts'
import { HOOK_NAMES } from '../../src/hooks.ts'
import { serve } from '../support/serving.ts'

const LOCAL = ['openai', 'anthropic', 'gemini', 'health', 'metrics', 'admin', 'validate', 'bypass', 'access-log']

const RECORDING = [
  'session-api',
  'pii',
  'prices',
  'session-recorder',
  'session-jsonl',
  'session-sqlite',
  'session-stats',
]

it.each([
  ['a configuration that names no plugin', {}, [...LOCAL, ...RECORDING]],
  ['the preset local', { extends: 'local' }, LOCAL],
  ['the preset default', { extends: 'default' }, [...LOCAL, ...RECORDING]],
  // Its own port may be taken: by the gateway that whoever runs the tests works with.
  ['lunaroute.config.ts', { ...config, port: 0 }, [...LOCAL, ...RECORDING]],
])('%s runs its plugins', async (_, given, plugins) => {
  const { gateway, close } = await serve(given)
  expect(gateway.config()).toMatchObject({ plugins, warnings: [] })
  await close()
})

it('the preset passthrough taps no hook', async () => {
  const { gateway, close } = await serve({ extends: 'passthrough' })
  expect(HOOK_NAMES.map(name => gateway.generation.hooks[name])).toEqual([null, null, null, null, null, null])
  await close()
})

it('a file of the documents is read whole: its sections belong to plugins', async () => {
  const documented = {
    logging: { level: 'warn', log_requests: true },
    bypass: { enabled: true, provider: 'anthropic' },
  }
  const { gateway, close } = await serve(documented as object)
  expect(gateway.config().warnings).toEqual([])
  expect(gateway.generation.taps.record).toEqual(['metrics', 'access-log', 'session-recorder'])
  await close()
})
