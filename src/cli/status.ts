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
Exit codes: 0 it runs; 1 it runs, but is not ready or has refused the last edit of its configuration; 3 it does not run.

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
  const found = await probe(hostOf(flags), port, '/readyz')
  const pid = livePid(port)
  if (found.kind !== 'ours') {
    process.exitCode = NOT_RUNNING
    const reason = found.kind === 'foreign' ? `Another program listens on port ${port}; ` : ''
    if (flags.json) print(JSON.stringify({ running: false, port, foreign: found.kind === 'foreign' }))
    else print(`${reason}${reason ? 'no' : 'No'} LunaRoute server runs on port ${port}.`)
    return
  }
  const { url, body } = found
  const readiness = found.status < 500 && found.status >= 300 ? {} : ((body ?? {}) as object)
  if (!isHealthy(readiness, found.status)) process.exitCode = DEGRADED
  if (flags.json) print(JSON.stringify({ running: true, url, port, pid: pid ?? null, ...readiness }, null, 2))
  else print(report(readiness, { url, pid }).join('\n'))
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
