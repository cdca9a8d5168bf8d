import { closeSync, openSync } from 'node:fs'
import { constants } from 'node:os'
import { Gateway } from '../gateway.ts'
import { createLog } from '../log.ts'
import { loadHere } from './load-here.ts'
import { removePid, writePid } from './server-files.ts'
import type { ServerFlags } from './server-flags.ts'
import { announce } from './start-summary.ts'

/** What `ps` shows and `pkill -f "lunaroute-server serve"` finds, however the program was started. */
const TITLE = 'lunaroute-server serve'

/** Serves until a signal ends it. */
export async function runServer(flags: ServerFlags): Promise<void> {
  process.title = TITLE
  const gateway = await Gateway.start({
    load: () => loadHere(flags),
    openLog: createLog,
    watch: true,
  })
  endOnFailure(gateway)
  endOnSignal(gateway)
  leavePid(gateway)
  announce(gateway)
}

function endOnSignal(gateway: Gateway): void {
  const { logger } = gateway.log
  const isOnTerminal = process.stdout.isTTY && hasTerminal()
  let isStopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(128 + constants.signals[signal])
    isStopping = true
    logger.info({ signal, requests: gateway.inFlight() }, 'shutting down; a second signal ends at once')
    gateway.close().then(
      () => process.exit(0),
      error => fail(gateway, error),
    )
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.on('SIGHUP', signal => {
    // The signal has two senders: an operator who wants a reload, and the system when the terminal is closed.
    if (isOnTerminal && !hasTerminal()) return stop(signal)
    gateway.reload().catch(error => fail(gateway, error))
  })
}

function endOnFailure(gateway: Gateway): void {
  process.on('uncaughtException', error => fail(gateway, error))
}

/** The state of the process is unknown after a failure nobody caught: say so and let whoever watches it start another. */
function fail({ log }: Gateway, error: unknown): never {
  log.logger.fatal({ err: error }, 'the gateway failed in a way it was not prepared for, and ends')
  log.flush()
  process.exit(1)
}

function leavePid(gateway: Gateway): void {
  const port = gateway.listeners()[0]!.port
  try {
    writePid(port)
    process.on('exit', () => removePid(port))
  } catch (error) {
    gateway.log.logger.debug({ err: error }, 'no pid file could be written; `lunaroute stop` will not find this server')
  }
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}
