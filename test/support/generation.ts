import { buildGeneration } from '../../src/build.ts'
import type { Config } from '../../src/config/define.ts'
import type { GatewayView } from '../../src/gateway-view.ts'
import type { Generation } from '../../src/generation.ts'
import { Keeper } from '../../src/keeper.ts'
import { memoryLogger } from '../../src/testing/logs.ts'
import { resolveInMemory } from '../../src/testing/resolve.ts'
import type { LogEntry } from '../../src/testing.ts'

/** A generation of a config, without a gateway around it. */
export async function generationOf(
  config: Config,
  { keeper = new Keeper(), logs = [] as LogEntry[], env = {} } = {},
): Promise<Generation> {
  const { config: resolved, folder } = await resolveInMemory(config, env)
  return buildGeneration(resolved, {
    number: 1,
    keeper,
    log: memoryLogger('', logs),
    logFor: plugin => memoryLogger(plugin, logs),
    gateway: {} as GatewayView,
    credentialsOf: () => [],
    withholdCredentials: () => undefined,
    ownsCredentials: () => true,
    folder,
    openDataFile: () => Promise.reject(new Error('this generation has no files')),
  })
}
