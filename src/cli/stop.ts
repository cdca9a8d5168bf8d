import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { CommandFailure } from './failure.ts'
import { flagsOf, portOption } from './server-flags.ts'

export function addStop(program: Command): void {
  const command = program
    .command('stop')
    .description('end a running server, once its requests are done')
    .addOption(portOption('port it listens on (default: that of the one that runs)'))
    .option('--host <address>', 'address it listens on')
    .option('--now', 'break off running requests')
    .addHelpText('after', EXAMPLES)
    .action(async () => stop(flagsOf<StopFlags>(command)))
}

const EXAMPLES = `
The command returns when the server has ended; that none was running is no failure.

Examples:
  $ lunaroute stop
  $ lunaroute stop --port 9000 --now`

interface StopFlags {
  readonly host?: string
  readonly port?: string
  readonly now?: boolean
}

/** Longer than a server drains by default, in milliseconds. */
const DEADLINE = 60_000
/** A server that is asked twice ends at once. */
const DEADLINE_NOW = 5_000
const POLL_INTERVAL = 50

async function stop(flags: StopFlags): Promise<void> {
  const { hostOf, isAlive, livePid, portOf } = await import('./running-servers.ts')
  const port = portOf(flags)
  const pid = livePid(port)
  if (pid === undefined) return sayWhyNot(hostOf(flags), port)
  signal(pid, 'SIGTERM')
  if (flags.now) {
    await sleep(POLL_INTERVAL)
    if (isAlive(pid)) signal(pid, 'SIGTERM')
  }
  const deadline = Date.now() + (flags.now ? DEADLINE_NOW : DEADLINE)
  while (isAlive(pid)) {
    if (Date.now() > deadline) {
      const remedy = flags.now
        ? `does not react; \`kill -9 ${pid}\` ends it`
        : 'still has requests; --now breaks them off'
      throw new CommandFailure(`The server on port ${port} (pid ${pid}) ${remedy}.`)
    }
    await sleep(POLL_INTERVAL)
  }
  process.stdout.write(`The LunaRoute server on port ${port} (pid ${pid}) has ended.\n`)
}

async function sayWhyNot(host: string, port: number): Promise<void> {
  const { probe } = await import('./probe.ts')
  const found = await probe(host, port, '/healthz')
  if (found.kind === 'ours') {
    throw new CommandFailure(
      `A LunaRoute server answers on port ${port}, but it left no pid file for this user; end it where it was started.`,
    )
  }
  if (found.kind === 'foreign') throw new CommandFailure(`What listens on port ${port} is not LunaRoute.`)
  process.stdout.write(`No LunaRoute server runs on port ${port}.\n`)
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EPERM') throw new CommandFailure(`The server (pid ${pid}) belongs to another user.`)
    if (code !== 'ESRCH') throw error
  }
}
