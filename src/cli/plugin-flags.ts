import type { Command } from 'commander'
import { didYouMean } from '../config/suggest.ts'
import type { Plugin } from '../plugin.ts'
import { CommandFailure } from './failure.ts'

/** Values of flags that are none of the program's own, by the environment variables they would stand for. */
export type PluginFlags = Readonly<Record<string, string>>

/** A command line parted between the program and the plugins of a configuration that is not loaded yet. */
export interface PartedArguments {
  readonly own: readonly string[]
  readonly plugins: PluginFlags
}

/** The commands that load a configuration as a server does. */
const TAKING = ['serve', 'env', 'check', 'explain']

/**
 * Takes `--some-name value` out of the arguments wherever the program has no such flag: a plugin's variable
 * LUNAROUTE_SOME_NAME may be what it stands for, which is known once the configuration is loaded.
 */
export function partArguments(program: Command, argv: readonly string[]): PartedArguments {
  const named = argv.find(each => program.commands.some(command => command.name() === each))
  const command = program.commands.find(each => each.name() === (named ?? 'serve'))
  if (!command || !TAKING.includes(command.name())) return { own: argv, plugins: {} }
  const known = [program, command].flatMap(each => each.options)
  const own: string[] = []
  const plugins: Record<string, string> = {}
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!
    if (word === '--') return { own: [...own, ...argv.slice(i)], plugins }
    const [flag = '', inline] = split(word)
    const option = known.find(each => each.long === flag || each.short === flag)
    const isOwn = option !== undefined || !/^--[a-z][a-z0-9-]*$/.test(flag) || flag === '--help'
    const next = argv[i + 1]
    const value = inline ?? (next?.startsWith('-') ? undefined : next)
    if (isOwn || value === undefined) {
      own.push(word)
      // What follows a flag with a value is no flag, whatever it looks like.
      if (option?.required && inline === undefined && next !== undefined) own.push(argv[++i]!)
    } else {
      plugins[variableOf(flag)] = value
      if (inline === undefined) i++
    }
  }
  return { own, plugins }
}

/** Refuses flags that no plugin of the configuration has a variable for. */
export function refuseUnknownFlags(
  flags: PluginFlags,
  plugins: readonly Pick<Plugin, 'env'>[],
  own: readonly string[],
) {
  const known = plugins.flatMap(({ env }) => Object.keys(env))
  for (const variable of Object.keys(flags)) {
    if (known.includes(variable)) continue
    const flag = flagOf(variable)
    const near = didYouMean(flag, [...own, ...known.filter(each => each.startsWith(PREFIX)).map(flagOf)])
    throw new CommandFailure(`unknown option "${flag}"${near}; no loaded plugin has it (lunaroute --help lists them)`)
  }
}

/** `--some-name` for LUNAROUTE_SOME_NAME. */
export function flagOf(variable: string): string {
  return `--${variable.slice(PREFIX.length).toLowerCase().replaceAll('_', '-')}`
}

/** The flags that plugins' variables make, for the help: flag and variable. */
export function pluginFlags(plugins: readonly Pick<Plugin, 'env'>[]): readonly (readonly [string, string])[] {
  const variables = plugins.flatMap(({ env }) => Object.keys(env)).filter(each => each.startsWith(PREFIX))
  return [...new Set(variables)].map(each => [`${flagOf(each)} <value>`, each])
}

const PREFIX = 'LUNAROUTE_'

function variableOf(flag: string): string {
  return PREFIX + flag.slice(2).toUpperCase().replaceAll('-', '_')
}

function split(word: string): readonly [flag: string, value?: string] {
  const at = word.indexOf('=')
  return word.startsWith('--') && at > 0 ? [word.slice(0, at), word.slice(at + 1)] : [word]
}
