import { type Command, Option } from 'commander'
import { SHELLS } from './client-variables.ts'
import { flagsOf, withServerFlags } from './server-flags.ts'

export function addEnv(program: Command): void {
  const command = program
    .command('env')
    .description('serve in the background and print the variables that point clients at it')
    .addOption(new Option('-s, --shell <name>', 'syntax of the output').choices(SHELLS).default('bash'))
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const { startInBackground } = await import('./background.ts')
      await startInBackground(flagsOf(command))
    })
  withServerFlags(command)
}

const EXAMPLES = `
The server outlives the terminal. Run again, the command finds it and prints the same lines. If another program has the
port, or the server does not start, nothing is printed for the shell, the reason goes to standard error and the exit
code is not 0. The log and the pid are in ~/.lunaroute/server-<port>.log and .pid.

Examples:
  $ eval $(lunaroute env)
  $ eval $(lunaroute env --port 9000 --config team.yaml)
  > lunaroute env --shell fish | source
  PS> lunaroute env --shell powershell | Out-String | Invoke-Expression`
