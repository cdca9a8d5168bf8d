import type { Config } from 'lunaroute'
import { loadConfig } from '../../src/config/load-config.ts'
import { Gateway } from '../../src/gateway.ts'
import { createLog } from '../../src/log.ts'
import { freePort } from './free-port.ts'

/** A gateway running in the test's own process. */
export interface RunningGateway {
  readonly url: string
  readonly port: number
  readonly gateway: Gateway
  /** Log lines so far, as JSON. */
  logs(): readonly string[]
  close(): Promise<void>
}

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly level?: 'trace' | 'debug' | 'info' | 'warn' | 'error'
}

/** Starts a gateway from a config value, on a free loopback port unless the config names one. */
export async function startGateway(config: Config, options: StartOptions = {}): Promise<RunningGateway> {
  const lines: string[] = []
  const port = config.port || (await freePort())
  const wanted: Config = { ...config, port, logging: { level: options.level ?? 'debug', ...config.logging } }
  const gateway = await Gateway.start({
    load: () => loadConfig({ cwd: options.cwd ?? process.cwd(), config: wanted, env: options.env ?? {} }),
    openLog: settings => createLog(settings, { write: line => lines.push(line) }),
    watch: false,
  })
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    gateway,
    logs: () => lines,
    close: () => gateway.close(),
  }
}
