import { buildGeneration } from './build.ts'
import { LoadFailure } from './config/problem.ts'
import type { LoadedConfig, ResolvedLogging } from './config/resolved.ts'
import { dataFiles } from './data-files.ts'
import { ConfigError } from './errors.ts'
import type { ConfigStatus, GatewayView } from './gateway-view.ts'
import type { Generation } from './generation.ts'
import { Keeper } from './keeper.ts'
import type { Log } from './log.ts'
import { FileWatch } from './reload.ts'
import { credentialsOf, ServedExchange, withholdCredentials } from './serve/exchange.ts'
import { Listener, type Serving } from './serve/listener.ts'
import { VERSION } from './version.ts'

export interface GatewayOptions {
  /** Reads the configuration as it is now. Called at the start and for every reload. */
  load(): Promise<LoadedConfig>
  /** Opens the log, once the first configuration has said how. */
  openLog(settings: ResolvedLogging): Promise<Log>
  /** Whether edits of the configuration's files take effect by themselves. */
  readonly watch: boolean
}

/** How long exchanges of a replaced generation may go on, in milliseconds. */
const RETIREMENT = 600_000

/** A running gateway: listeners, the generation that serves, and the way to the next one. */
export class Gateway implements GatewayView, Serving {
  readonly version = VERSION
  readonly startedAt = new Date().toISOString()
  isDraining = false
  readonly #options: GatewayOptions
  readonly #log: Log
  readonly #keeper = new Keeper()
  readonly #watch: FileWatch
  readonly #retiring = new Map<Generation, Promise<void>>()
  #listeners: readonly Listener[] = []
  #generation!: Generation
  #loaded!: LoadedConfig
  #loadedAt = ''
  #error: ConfigStatus['error'] = null
  #reloading: Promise<void> | undefined
  #next: Promise<void> | undefined
  #refusals = 0

  private constructor(options: GatewayOptions, log: Log) {
    this.#options = options
    this.#log = log
    this.#watch = new FileWatch(() => void this.reload())
  }

  /** Loads, builds and listens. Throws a ConfigError that says what to mend. */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const began = Date.now()
    const gateway = await Gateway.prepare(options)
    try {
      await gateway.#listen()
    } catch (error) {
      await gateway.close()
      throw error
    }
    if (options.watch) await gateway.#watch.follow(gateway.#loaded.files, began)
    return gateway
  }

  /** Loads and builds, as a start does, but listens nowhere and watches nothing. */
  static async prepare(options: GatewayOptions): Promise<Gateway> {
    const loaded = await options.load()
    const gateway = new Gateway(options, await options.openLog(loaded.config.logging))
    gateway.#adopt(await gateway.#build(loaded), loaded)
    return gateway
  }

  /** What new exchanges are served by. */
  get generation(): Generation {
    return this.#generation
  }

  /** The folder that plugins' files are relative to. */
  get folder(): string {
    return this.#loaded.folder
  }

  config(): ConfigStatus {
    return {
      generation: this.#generation.number,
      file: this.#loaded.file,
      loadedAt: this.#loadedAt,
      error: this.#error,
      refusals: this.#refusals,
      plugins: this.#generation.config.plugins.map(each => each.plugin.name),
      warnings: this.#loaded.warnings,
    }
  }

  /** What the gateway logs with. */
  get log(): Log {
    return this.#log
  }

  listeners(): readonly { readonly name: string; readonly host: string; readonly port: number }[] {
    return this.#listeners.map(({ name, host, port }) => ({ name, host, port }))
  }

  inFlight(): number {
    return [this.#generation, ...this.#retiring.keys()].reduce((sum, each) => sum + each.active, 0)
  }

  /** One reload runs at a time; asking during one makes exactly one more follow. */
  async reload(): Promise<ConfigStatus> {
    if (this.#reloading) {
      this.#next ??= this.#reloading.then(() => {
        this.#next = undefined
        return this.#reloadOnce()
      })
      await this.#next
    } else await this.#reloadOnce()
    return this.config()
  }

  /** Lets running exchanges finish, for as long as the configuration says, then breaks them off. */
  async close(): Promise<void> {
    this.isDraining = true
    const { shutdownTimeout } = this.#generation.config.server
    await this.#watch.close()
    const closed = Promise.all(this.#listeners.map(each => each.close()))
    const retired = this.#generation.retire(shutdownTimeout)
    await Promise.all([retired, ...this.#retiring.values(), this.#reloading])
    for (const listener of this.#listeners) listener.closeAll()
    await closed
    this.#log.flush()
  }

  async #listen(): Promise<void> {
    const { server } = this.#generation.config
    this.#listeners = server.listeners.map(each => new Listener(each, server, this))
    for (const listener of this.#listeners) await listener.listen()
  }

  async #reloadOnce(): Promise<void> {
    this.#reloading = this.#replace().finally(() => {
      this.#reloading = undefined
    })
    await this.#reloading
  }

  async #replace(): Promise<void> {
    const { logger } = this.#log
    let files = this.#loaded.files
    const began = Date.now()
    try {
      const loaded = await this.#options.load()
      files = loaded.files
      this.#refuseDefaults(loaded)
      const next = await this.#build(loaded)
      if (this.isDraining) return await next.retire(0)
      const old = this.#generation
      if (JSON.stringify(old.config.server) !== JSON.stringify(next.config.server)) {
        logger.warn('listeners and server settings change only with a restart')
      }
      this.#adopt(next, loaded)
      logger.info({ generation: next.number, file: loaded.file }, 'configuration reloaded')
      const retired = old.retire(RETIREMENT).finally(() => this.#retiring.delete(old))
      this.#retiring.set(old, retired)
    } catch (error) {
      files = [...new Set([...files, ...this.#refuse(error)])]
    }
    if (this.#options.watch && !this.isDraining) await this.#watch.follow(files, began)
  }

  /** A file that is gone, be it for a moment, does not open what it had closed. */
  #refuseDefaults(loaded: LoadedConfig): void {
    const { file } = this.#loaded
    if (file === null || loaded.file !== null) return
    throw new ConfigError('is gone; a restart runs the defaults', { location: { file } })
  }

  /** Keeps what serves, says why, and returns the files to watch for a mended edit. */
  #refuse(error: unknown): readonly string[] {
    const { logger } = this.#log
    const problem = error instanceof ConfigError ? error : new ConfigError(String(error), { cause: error })
    const { location, plugin } = problem
    this.#refusals++
    this.#error = {
      at: new Date().toISOString(),
      message: String(problem),
      ...(location && { file: location.file }),
      ...(plugin !== undefined && { plugin }),
    }
    const serving = this.#generation.number
    logger.error(
      { file: location?.file, plugin, generation: serving },
      `configuration refused, the old one serves on: ${problem}`,
    )
    if (problem instanceof LoadFailure) return problem.files
    // A plugin's own file may be what kept it from being built.
    return location ? [location.file] : []
  }

  #adopt(generation: Generation, loaded: LoadedConfig): void {
    this.#log.logger.level = loaded.config.logging.level
    this.#generation = generation
    this.#loaded = loaded
    this.#loadedAt = new Date().toISOString()
    this.#error = null
    for (const warning of loaded.warnings) this.#log.logger.warn(warning)
  }

  #build(loaded: LoadedConfig): Promise<Generation> {
    const { logger } = this.#log
    const number = (this.#generation?.number ?? 0) + 1
    return buildGeneration(loaded.config, {
      number,
      ...dataFiles(loaded, this.#options.watch, () => (this.#generation?.number ?? number) <= number),
      keeper: this.#keeper,
      log: logger,
      logFor: plugin => logger.child({ plugin }, { level: loaded.config.logging.level }),
      gateway: this,
      credentialsOf,
      withholdCredentials,
      ownsCredentials: exchange => exchange instanceof ServedExchange && exchange.hasOwnCredentials,
    })
  }
}
