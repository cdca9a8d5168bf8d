import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Address, type Addresses, findAddresses } from './addresses.ts'
import { assignment, clientVariables, type Shell } from './client-variables.ts'
import { CommandFailure } from './failure.ts'
import { type Found, probe } from './probe.ts'
import { livePid } from './running-servers.ts'
import { lastLines, logFile, openLogFile, readPid } from './server-files.ts'
import { asArguments, type ServerFlags } from './server-flags.ts'

export interface EnvFlags extends ServerFlags {
  readonly shell: Shell
}

/** A plugin may take ten seconds for its setup; what has not answered after this, in milliseconds, has failed. */
const START_DEADLINE = 20_000
const PID_DEADLINE = 2_000
const POLL_INTERVAL = 50

/** Makes sure that a server runs in the background, then prints how to reach it. */
export async function startInBackground(flags: EnvFlags): Promise<void> {
  const addresses = await findAddresses(flags)
  const address = addresses.all[0]
  if (address.port === 0) throw new CommandFailure('env needs a fixed port: clients could not know one that changes')
  const before = await probe(address.host, address.port, '/healthz')
  if (before.kind === 'foreign') throw foreign(address)
  const isRunning = before.kind === 'ours' || !(await start(address, flags))
  if (isRunning) await refuseOther(addresses, flags)
  print(addresses, isRunning, flags.shell)
}

/** Whether the server that now answers is the one started here: two shells that open at once both come this far. */
async function start({ host, port }: Address, flags: EnvFlags): Promise<boolean> {
  const log = openLogFile(port)
  const program = fileURLToPath(new URL('./main.js', import.meta.url))
  const child = spawn(process.execPath, [program, 'serve', ...asArguments(flags)], {
    detached: true,
    windowsHide: true,
    stdio: ['ignore', log.fd, log.fd],
  })
  closeSync(log.fd)
  child.unref()
  const found = await answer(child, host, port)
  if (found.kind === 'ours') return isChild(child, port, found.body)
  if (found.kind === 'foreign') throw foreign({ host, port })
  child.kill()
  const lines = lastLines(port, log.start, 20)
  throw new CommandFailure(
    `LunaRoute did not start on port ${port}. ${lines ? `The end of ${logFile(port)}:\n${lines}` : `See ${logFile(port)}`}`,
  )
}

/** What answers on the port once something does, or the child has ended, or time is up. */
async function answer(child: ChildProcess, host: string, port: number): Promise<Found> {
  let failure: Error | undefined
  child.on('error', error => {
    failure = error
  })
  const deadline = Date.now() + START_DEADLINE
  while (Date.now() < deadline) {
    if (failure) throw new CommandFailure(`the server could not be started: ${failure.message}`)
    const hasEnded = child.exitCode !== null || child.signalCode !== null
    const found = await probe(host, port, '/healthz')
    if (found.kind !== 'nothing' || hasEnded) return found
    await sleep(POLL_INTERVAL)
  }
  return { kind: 'nothing' }
}

/** Whether it is the child that serves. It says so in a file right after it has begun to listen. */
async function isChild(child: ChildProcess, port: number, health: unknown): Promise<boolean> {
  const deadline = Date.now() + PID_DEADLINE
  while (readPid(port) !== child.pid) {
    if (child.exitCode !== null) return false
    if (Date.now() > deadline) return (health as { pid?: number } | undefined)?.pid === child.pid
    await sleep(POLL_INTERVAL)
  }
  return true
}

/** A server with another configuration than the one asked for by name is not the server that was asked for. */
async function refuseOther({ file: wanted, all: [{ host, port }] }: Addresses, flags: EnvFlags): Promise<void> {
  const { LUNAROUTE_CONFIG, LUNAROUTE_CONFIG_DIR } = process.env
  if (!flags.config && !flags.configDir && !LUNAROUTE_CONFIG && !LUNAROUTE_CONFIG_DIR) return
  const found = await probe(host, port, '/readyz')
  if (found.kind !== 'ours') return
  const file = configFileOf(found.body)
  if (file === undefined || file === wanted) return
  throw new CommandFailure(
    `The LunaRoute server on port ${port} runs with ${file ?? 'the embedded defaults'}, not with ${wanted}. ` +
      `End it with \`lunaroute stop --port ${port}\`, or choose another port with --port.`,
  )
}

function configFileOf(readiness: unknown): string | null | undefined {
  const { config } = (readiness ?? {}) as { config?: { file?: string | null } }
  return config?.file
}

function print({ all: [address, ...others] }: Addresses, isRunning: boolean, shell: Shell): void {
  const lines = [...clientVariables([address, ...others]).map(each => assignment(each, shell))]
  const comments = [
    `# LunaRoute server ${isRunning ? 'already running' : 'started'} on ${address.url}`,
    // One that was started in the foreground logs there.
    ...(existsSync(logFile(address.port)) ? [`# Logs: ${logFile(address.port)}`] : []),
  ]
  process.stdout.write(`${[...lines, ...comments].join('\n')}\n`)
  // Under `eval` nobody sees what goes to standard output.
  if (!process.stdout.isTTY && process.stderr.isTTY) process.stderr.write(`${comments.join('\n')}\n`)
}

function foreign({ host, port }: Pick<Address, 'host' | 'port'>): CommandFailure {
  const pid = livePid(port)
  if (pid !== undefined) {
    return new CommandFailure(
      `The LunaRoute server on port ${port} (pid ${pid}) does not answer. End it with \`lunaroute stop --port ${port} --now\`.`,
    )
  }
  return new CommandFailure(
    `Another program listens on ${host}:${port}, so LunaRoute was not started. Choose another port with --port.`,
  )
}
