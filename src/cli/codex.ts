import type { Command } from 'commander'
import { CommandFailure } from './failure.ts'
import { flagsOf, type ServerFlags, withServerFlags } from './server-flags.ts'

export function addCodex(program: Command): void {
  const command = program
    .command('codex')
    .description('print the config.toml lines that point Codex at the gateway')
    .addHelpText('after', EXAMPLES)
    .action(async () => codex(flagsOf(command)))
  withServerFlags(command, ['config', 'host', 'port'])
}

const EXAMPLES = `
Codex does not read OPENAI_BASE_URL. These lines belong in ~/.codex/config.toml, above its first [section].

Examples:
  $ lunaroute codex
  $ lunaroute codex --port 9000`

async function codex(flags: ServerFlags): Promise<void> {
  const [{ findAddresses }, { clientVariables }] = await Promise.all([
    import('./addresses.ts'),
    import('./client-variables.ts'),
  ])
  const { all } = await findAddresses(flags)
  const url = clientVariables(all).find(({ name }) => name === 'OPENAI_BASE_URL')?.value
  if (url === undefined) throw new CommandFailure('This configuration serves no OpenAI dialect, the one Codex speaks.')
  process.stdout.write(`# ~/.codex/config.toml, above the first [section]
model_provider = "lunaroute"

[model_providers.lunaroute]
name = "LunaRoute"
base_url = "${url}"
env_key = "OPENAI_API_KEY"
wire_api = "responses"

# The same for one run, without a file:
#   codex -c openai_base_url='"${url}"'
`)
}
