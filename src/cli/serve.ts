import type { Command } from 'commander'
import { flagsOf, withServerFlags } from './server-flags.ts'

export function addServe(program: Command): void {
  const command = program
    .command('serve', { isDefault: true })
    .description('serve in the foreground (what lunaroute does without a command)')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const { runServer } = await import('./run-server.ts')
      await runServer(flagsOf(command))
    })
  withServerFlags(command)
}

const EXAMPLES = `
SIGINT and SIGTERM let running requests finish first; a second one ends at once. SIGHUP reloads the configuration, and
so does saving it.

Examples:
  $ lunaroute
  $ lunaroute serve --port 9000 --log-level debug
  $ lunaroute --config team.yaml --dialect anthropic`
