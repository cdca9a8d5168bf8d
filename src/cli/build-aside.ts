import type { LoadedConfig, ResolvedProvider } from '../config/resolved.ts'
import { Gateway } from '../gateway.ts'
import { createLog } from '../log.ts'
import { loadHere } from './load-here.ts'
import type { ServerFlags } from './server-flags.ts'

/** A gateway that serves nobody. */
export interface Aside {
  readonly gateway: Gateway
  /** Remarks of the configuration, and what plugins complained of while they were set up. */
  readonly warnings: readonly string[]
}

/** Does everything a start does, except listening and connecting. Throws the ConfigError that a start would. */
export async function buildAside(flags: ServerFlags): Promise<Aside> {
  const warnings: string[] = []
  const gateway = await Gateway.prepare({
    load: async () => withoutConnecting(await loadHere(flags)),
    openLog: settings => createLog(settings, { write: line => warnings.push(...complaintIn(line)) }),
    watch: false,
  })
  return { gateway, warnings }
}

function withoutConnecting(loaded: LoadedConfig): LoadedConfig {
  const cold = (provider: ResolvedProvider) => ({ ...provider, upstream: { ...provider.upstream, warm: 0 } })
  return { ...loaded, config: { ...loaded.config, providers: loaded.config.providers.map(cold) } }
}

function complaintIn(line: string): string[] {
  const { level, plugin, msg } = JSON.parse(line) as { level: string; plugin?: string; msg?: string }
  if (level !== 'warn' && level !== 'error') return []
  return [`${plugin === undefined ? '' : `plugin "${plugin}": `}${msg ?? ''}`]
}
