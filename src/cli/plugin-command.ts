import { Command } from 'commander'
import type { ResolvedConfig } from '../config/resolved.ts'
import type { PluginCommand } from '../plugin-command.ts'
import { addressOf } from './addresses.ts'
import { buildAside } from './build-aside.ts'
import { loadHere } from './load-here.ts'
import { missingCommand } from './missing-command.ts'
import { pluginFlags } from './plugin-flags.ts'
import type { UnknownCommand } from './program.ts'
import { type ServerFlags, withServerFlags } from './server-flags.ts'

interface Found {
  readonly command: PluginCommand
  readonly options: unknown
}

/** Runs a command of one of the configured plugins. Resolves with its exit code. */
export async function runPluginCommand(program: Command, { name, args }: UnknownCommand): Promise<number> {
  const own = withServerFlags(new Command().allowUnknownOption().helpOption(false), ['config', 'configDir', 'preset'])
  const { operands, unknown } = own.parseOptions([...args])
  const flags: ServerFlags = { ...program.opts(), ...own.opts() }
  const { gateway } = await buildAside(flags)
  try {
    const { config, dialects, providers, offers } = gateway.generation
    const commands = commandsOf(config)
    const found = commands.get(name)
    if (!found) {
      throw await missingCommand(name, [...program.commands.map(each => each.name()), ...commands.keys()])
    }
    const { run } = await found.command.load()
    return await run({
      args: [...operands, ...unknown],
      options: found.options,
      folder: gateway.folder,
      url: addressOf(config.server.listeners[0]!).url,
      plugins: config.plugins.map(({ plugin, options }) => ({ name: plugin.name, options })),
      dialects,
      providers: [...providers.values()].map(each => each.view),
      offers,
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
    })
  } finally {
    await gateway.close()
  }
}

/** What the configured plugins add to the command line, for the help. */
export interface PluginHelp {
  /** By name. */
  readonly commands: readonly (readonly [string, string])[]
  /** With the variable that each stands for. */
  readonly flags: readonly (readonly [string, string])[]
}

/** Nothing where the configuration cannot be loaded. */
export async function readPluginHelp(flags: ServerFlags): Promise<PluginHelp> {
  try {
    const { config } = await loadHere(flags)
    const commands = [...commandsOf(config)].map(([name, { command }]) => [name, command.summary] as const)
    return { commands, flags: pluginFlags(config.plugins.map(({ plugin }) => plugin)) }
  } catch {
    // Help is most needed where the configuration is wrong, and `check` is there to say so.
    return { commands: [], flags: [] }
  }
}

function commandsOf(config: ResolvedConfig): ReadonlyMap<string, Found> {
  const commands = new Map<string, Found>()
  for (const { plugin, options } of config.plugins) {
    for (const [name, command] of Object.entries(plugin.commands)) commands.set(name, { command, options })
  }
  return commands
}
