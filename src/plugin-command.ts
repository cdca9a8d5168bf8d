import type { Dialect } from './dialect.ts'
import type { ProviderView } from './plugin.ts'
import type { Service } from './service.ts'

/** A command of the program, `lunaroute <name> ...`, that comes with a plugin. */
export interface PluginCommand {
  /** One line for the help. */
  readonly summary: string
  /** Imports what runs it, so that it costs nothing until then. */
  load(): Promise<CommandModule>
}

export interface CommandModule {
  /** Resolves with the exit code. A GatewayError or ConfigError that it throws is printed as its sentence. */
  run(call: CommandCall): Promise<number>
}

/** How a command was called. */
export interface CommandCall {
  /** What stands after its name. */
  readonly args: readonly string[]
  /** The options of the plugin that brings it, as configured and checked. */
  readonly options: unknown
  /** The folder that holds the config file; the current one where there is none. */
  readonly folder: string
  /** Where a gateway with this configuration listens: `http://127.0.0.1:8081`. */
  readonly url: string
  /** Every plugin of the configuration with its checked options. */
  readonly plugins: readonly { readonly name: string; readonly options: unknown }[]
  readonly dialects: readonly Dialect[]
  readonly providers: readonly ProviderView[]
  /** What the plugins of the configuration offer: they have been set up as for serving, in this process. */
  offers<T>(service: Service<T>): readonly T[]
  readonly stdin: NodeJS.ReadableStream
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}
