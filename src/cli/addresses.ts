import { homedir } from 'node:os'
import { flagOrVariable, type ServerFlags } from './server-flags.ts'

/** One place the gateway listens, as its clients need to know it. */
export interface Address {
  /** Scheme, host and port. */
  readonly url: string
  readonly host: string
  readonly port: number
  /** Names of the dialects served there; null for all. */
  readonly dialects: readonly string[] | null
}

/** Where a gateway started with these flags, here and now, listens; and the config file that says so. */
export interface Addresses {
  readonly file: string | null
  readonly all: readonly [Address, ...Address[]]
}

interface ListenerSettings {
  readonly host: string
  readonly port: number
  readonly dialects: readonly string[] | null
  readonly tls: unknown
}

export const DEFAULT_HOST = '127.0.0.1'
export const DEFAULT_PORT = 8081

/** Reads the configuration only where there is a file: `eval $(lunaroute env)` often stands in a shell's start-up. */
export async function findAddresses(flags: ServerFlags): Promise<Addresses> {
  const [{ Environment }, { findConfigFile }] = await Promise.all([
    import('../config/environment.ts'),
    import('../config/find-file.ts'),
  ])
  const env = new Environment(process.env)
  const file = await findConfigFile({
    cwd: process.cwd(),
    home: homedir(),
    file: flags.config,
    folder: flags.configDir,
    env,
  })
  if (file === null) return { file, all: [defaultAddress(flags)] }
  const { loadHere } = await import('./load-here.ts')
  const { config } = await loadHere(flags)
  const [first, ...others] = config.server.listeners.map(addressOf)
  return { file, all: [first!, ...others] }
}

export function addressOf({ host, port, dialects, tls }: ListenerSettings): Address {
  return { url: `${tls ? 'https' : 'http'}://${forClients(host)}:${port}`, host, port, dialects }
}

/** The host as a client on this machine can dial it. */
export function forClients(host: string): string {
  if (['0.0.0.0', '::', '[::]', '::0', ''].includes(host)) return DEFAULT_HOST
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

function defaultAddress(flags: ServerFlags): Address {
  const host = flagOrVariable(flags, 'host') ?? DEFAULT_HOST
  const port = Number(flagOrVariable(flags, 'port') ?? DEFAULT_PORT)
  const dialect = flagOrVariable(flags, 'dialect')?.toLowerCase() ?? 'both'
  return addressOf({ host, port, dialects: dialect === 'both' ? null : [dialect], tls: null })
}
