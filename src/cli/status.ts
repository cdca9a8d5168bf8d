import type { Command } from 'commander'
import { flagsOf, portOption } from './server-flags.ts'

export function addStatus(program: Command): void {
  const command = program
    .command('status')
    .description('say whether a server runs, with which configuration, and whether an edit was refused')
    .addOption(portOption('port it listens on (default: that of the one that runs)'))
    .option('--host <address>', 'address it listens on')
    .option('--json', "print the server's own answer")
    .addHelpText('after', EXAMPLES)
    .action(async () => status(flagsOf<StatusFlags>(command)))
}

const EXAMPLES = `
Exit codes: 0 it runs; 1 it runs, but does not answer, is not ready, or has refused the last edit of its configuration;
3 it does not run.

Examples:
  $ lunaroute status
  $ lunaroute status --port 9000 --json`

interface StatusFlags {
  readonly host?: string
  readonly port?: string
  readonly json?: boolean
}

const DEGRADED = 1
const NOT_RUNNING = 3

async function status(flags: StatusFlags): Promise<void> {
  const [{ hostOf, livePid, portOf }, { probe }, { isHealthy, report }] = await Promise.all([
    import('./running-servers.ts'),
    import('./probe.ts'),
    import('./status-report.ts'),
  ])
  const port = portOf(flags)
  const [health, readiness] = await Promise.all(['/healthz', '/readyz'].map(path => probe(hostOf(flags), port, path)))
  if (health?.kind !== 'ours' || readiness?.kind !== 'ours') {
    const pid = livePid(port)
    if (pid !== undefined) return saySilent(pid, port, hostOf(flags), flags.json)
    process.exitCode = NOT_RUNNING
    const isForeign = health?.kind === 'foreign'
    if (flags.json) print(JSON.stringify({ running: false, port, foreign: isForeign }))
    else print(`No LunaRoute server runs on port ${port}${isForeign ? '; another program listens there' : ''}.`)
    return
  }
  const isReady = readiness.status < 500
  // Where no plugin serves the pages, the answers are errors, and say nothing but that it runs.
  const pages = [health, readiness].filter(each => each.status === 200 || each.status === 503).map(each => each.body)
  const state = Object.assign({ pid: livePid(port) ?? null }, ...pages, { url: health.url })
  if (!isHealthy(state, isReady)) process.exitCode = DEGRADED
  print(flags.json ? JSON.stringify({ running: true, ...state }, null, 2) : report(state).join('\n'))
}

/** One that lets its last requests finish takes no connection any more, be it a question for its state; one may hang. */
function saySilent(pid: number, port: number, host: string, isJson: boolean | undefined): void {
  process.exitCode = DEGRADED
  const told = `The LunaRoute server on port ${port} (pid ${pid}) does not answer at ${host}`
  if (isJson) print(JSON.stringify({ running: true, port, pid, status: 'silent' }))
  else print(`${told}: it is shutting down, hangs, or listens on another address.`)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
