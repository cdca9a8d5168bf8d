import { buildGeneration } from '../build.ts'
import type { LoadedConfig, ResolvedProvider } from '../config/resolved.ts'
import type { ConfigStatus } from '../gateway-view.ts'
import type { Generation } from '../generation.ts'
import { Keeper } from '../keeper.ts'
import { createLog } from '../log.ts'
import { VERSION } from '../version.ts'
import { loadHere } from './load-here.ts'
import type { ServerFlags } from './server-flags.ts'

/** A configuration that was built into a generation which serves nobody. */
export interface Built {
  readonly loaded: LoadedConfig
  readonly generation: Generation
  /** Remarks of the configuration, and what plugins complained of while they were set up. */
  readonly warnings: readonly string[]
  dispose(): Promise<void>
}

/** Does everything a start does, except listening and connecting. Throws the ConfigError that a start would. */
export async function buildAside(flags: ServerFlags): Promise<Built> {
  const loaded = await loadHere(flags)
  const complaints: string[] = []
  const { level } = loaded.config.logging
  const { logger } = await createLog(loaded.config.logging, { write: line => complaints.push(...complaintIn(line)) })
  const config = { ...loaded.config, providers: loaded.config.providers.map(withoutConnecting) }
  const generation = await buildGeneration(config, {
    number: 1,
    keeper: new Keeper(),
    log: logger,
    logFor: plugin => logger.child({ plugin }, { level }),
    gateway: idleGateway(loaded),
    credentialsOf: () => [],
  })
  return {
    loaded,
    generation,
    warnings: [...loaded.warnings, ...complaints],
    dispose: () => generation.retire(0),
  }
}

function withoutConnecting(provider: ResolvedProvider): ResolvedProvider {
  return { ...provider, upstream: { ...provider.upstream, warm: 0 } }
}

function complaintIn(line: string): string[] {
  const { level, plugin, msg } = JSON.parse(line) as { level: string; plugin?: string; msg?: string }
  if (level !== 'warn' && level !== 'error') return []
  return [`${plugin === undefined ? '' : `plugin "${plugin}": `}${msg ?? ''}`]
}

/** What plugins see of a gateway that does not run. */
function idleGateway({ config, file, warnings }: LoadedConfig) {
  const now = new Date().toISOString()
  const status: ConfigStatus = {
    generation: 1,
    file,
    loadedAt: now,
    error: null,
    plugins: config.plugins.map(each => each.plugin.name),
    warnings,
  }
  return {
    version: VERSION,
    startedAt: now,
    isDraining: false,
    config: () => status,
    listeners: () => [],
    inFlight: () => 0,
    reload: async () => status,
  }
}
