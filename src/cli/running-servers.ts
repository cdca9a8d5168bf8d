import { readFileSync } from 'node:fs'
import { DEFAULT_HOST, DEFAULT_PORT } from './addresses.ts'
import { CommandFailure } from './failure.ts'
import { knownPorts, readPid, removePid } from './server-files.ts'

/** The flags of commands that look for a server that runs. */
export interface WhichServer {
  readonly host?: string
  readonly port?: string
}

/** The port meant: the one that is named, else that of the one server that left a pid file, else the default. */
export function portOf({ port }: WhichServer): number {
  const named = port ?? process.env.LUNAROUTE_PORT
  if (named) return Number(named)
  const [only, ...others] = knownPorts().filter(each => livePid(each) !== undefined)
  if (others.length === 0) return only ?? DEFAULT_PORT
  throw new CommandFailure(`Several servers run, on ports ${[only, ...others].join(', ')}. Choose one with --port.`)
}

export function hostOf({ host }: WhichServer): string {
  return host ?? (process.env.LUNAROUTE_HOST || DEFAULT_HOST)
}

/** The process that serves on the port by its own account, if it still runs. A file left by a dead one is removed. */
export function livePid(port: number): number | undefined {
  const pid = readPid(port)
  if (pid === undefined) return undefined
  if (isAlive(pid) && isServer(pid)) return pid
  removePid(port, pid)
  return undefined
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** After a crash the number may have gone to another program. Where the system does not tell, the file is believed. */
function isServer(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('lunaroute')
  } catch {
    return true
  }
}
