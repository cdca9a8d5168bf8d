import type { Command } from 'commander'
import { CommandFailure } from './failure.ts'
import { flagsOf, withServerFlags } from './server-flags.ts'

export function addServe(program: Command): void {
  const command = program
    .command('serve', { isDefault: true })
    .description('serve in the foreground (what lunaroute does without a command)')
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments()
    .action(async () => {
      if (command.args[0] !== undefined) throw await unknown(command.args[0], program)
      const { runServer } = await import('./run-server.ts')
      await runServer(flagsOf(command))
    })
  withServerFlags(command)
}

/** A misspelled command arrives here, as an argument of the default one. */
async function unknown(name: string, program: Command): Promise<CommandFailure> {
  const { didYouMean } = await import('../config/suggest.ts')
  const commands = program.commands.map(each => each.name())
  return new CommandFailure(`unknown command "${name}"${didYouMean(name, commands)}; lunaroute --help lists them`)
}

const EXAMPLES = `
SIGINT and SIGTERM let running requests finish first; a second one ends at once. SIGHUP reloads the configuration, and
so does saving it.

Examples:
  $ lunaroute
  $ lunaroute serve --port 9000 --log-level debug
  $ lunaroute --config team.yaml --dialect anthropic`
