import { type Command, InvalidArgumentError, Option } from 'commander'
import { flagOf, type PluginFlags } from './plugin-flags.ts'

/** The flags of everything that serves, or needs to know where something serves. */
export interface ServerFlags {
  readonly config?: string
  readonly configDir?: string
  readonly preset?: string
  readonly host?: string
  readonly port?: string
  readonly dialect?: string
  readonly logLevel?: string
  /** Those that plugins' variables make. */
  readonly plugins?: PluginFlags
}

type FlagName = Exclude<keyof ServerFlags, 'plugins'>

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error']

/** The environment variable each flag stands for. Those that find the rest have ways of their own. */
const VARIABLES = {
  preset: 'LUNAROUTE_PRESET',
  host: 'LUNAROUTE_HOST',
  port: 'LUNAROUTE_PORT',
  dialect: 'LUNAROUTE_DIALECT',
  logLevel: 'LUNAROUTE_LOG_LEVEL',
} as const satisfies Partial<Record<FlagName, string>>

const OPTIONS: Record<FlagName, () => Option> = {
  config: () => new Option('-c, --config <file>', 'config file: ts, js, json, yaml or toml (default: search for one)'),
  configDir: () => new Option('--config-dir <folder>', 'folder of the config file and of what belongs to it'),
  preset: () => new Option('--preset <name>', 'preset to run, instead of those the config names'),
  host: () => new Option('--host <address>', 'address to listen on (default: 127.0.0.1)'),
  port: () => portOption('port to listen on (default: 8081)'),
  dialect: () => new Option('-d, --dialect <name>', 'dialect to serve: openai, anthropic, gemini or both, meaning all'),
  logLevel: () => new Option('--log-level <level>', 'least level to log (default: info)').choices(LEVELS),
}

/** Adds the named flags, or all of them. */
export function withServerFlags(command: Command, names = Object.keys(OPTIONS) as FlagName[]): Command {
  for (const name of names) command.addOption(OPTIONS[name]())
  return command
}

export function portOption(description: string): Option {
  return new Option('-p, --port <number>', description).argParser(checkedPort)
}

/** A command's flags, wherever they were typed: `--config x env` means what `env --config x` means. */
export function flagsOf<T extends object = ServerFlags>(command: Command): T {
  return { ...command.parent?.opts(), ...command.opts() } as T
}

/** The flags as `loadConfig` takes them. They win over the environment. */
export function overridesOf(flags: ServerFlags): Record<string, string | undefined> {
  const names = Object.keys(VARIABLES) as (keyof typeof VARIABLES)[]
  return { ...flags.plugins, ...Object.fromEntries(names.map(name => [VARIABLES[name], flags[name]])) }
}

/** A flag's value, else its environment variable's. */
export function flagOrVariable(flags: ServerFlags, name: keyof typeof VARIABLES): string | undefined {
  return flags[name] ?? (process.env[VARIABLES[name]] || undefined)
}

/** The program's own flags as they are typed. */
export function ownFlags(): string[] {
  return Object.values(OPTIONS).map(option => option().long!)
}

/** The flags as they are typed, for another process. */
export function asArguments(flags: ServerFlags): string[] {
  const { config, configDir, preset, host, port, dialect, logLevel, plugins = {} } = flags
  const typed = {
    '--config': config,
    '--config-dir': configDir,
    '--preset': preset,
    '--host': host,
    '--port': port,
    '--dialect': dialect,
    '--log-level': logLevel,
    ...Object.fromEntries(Object.entries(plugins).map(([variable, value]) => [flagOf(variable), value])),
  }
  return Object.entries(typed).flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]))
}

function checkedPort(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text
  throw new InvalidArgumentError('A port is a whole number from 0 to 65535.')
}
