import type { Command } from 'commander'
import { flagsOf, type ServerFlags, withServerFlags } from './server-flags.ts'

export function addCheck(program: Command): void {
  const command = program
    .command('check')
    .description('validate the configuration without serving')
    .addHelpText('after', EXAMPLES)
    .action(async () => check(flagsOf(command)))
  withServerFlags(command)
}

const EXAMPLES = `
Loads the configuration and sets every plugin up, as a start would, but listens nowhere. The exit code is 0 for a
configuration that would serve, 1 for one that would not; the error then says file, line, column and key.

Examples:
  $ lunaroute check
  $ lunaroute check --config team.yaml`

async function check(flags: ServerFlags): Promise<void> {
  const [{ buildAside }, { addressOf }, { listening }] = await Promise.all([
    import('./build-aside.ts'),
    import('./addresses.ts'),
    import('./start-summary.ts'),
  ])
  const { gateway, warnings } = await buildAside(flags)
  const { dialects, providers, config } = gateway.generation
  const { file, plugins } = gateway.config()
  const lines = [
    `ok: ${file ?? 'embedded defaults, no config file'}`,
    `  listens on  ${config.server.listeners.map(each => listening(addressOf(each), gateway.generation)).join(', ')}`,
    `  dialects    ${dialects.map(each => each.name).join(', ') || 'none'}`,
    `  plugins     ${plugins.join(', ') || 'none'}`,
    `  providers   ${[...providers.values()].map(({ view }) => `${view.name} (${view.baseUrl})`).join(', ') || 'none'}`,
    ...warnings.map(each => `  warning     ${each}`),
  ]
  await gateway.close()
  // Setting plugins up may have left something that would keep the process.
  process.stdout.write(`${lines.join('\n')}\n`, () => process.exit(0))
}
