import type { Audience } from './audience.ts'
import type { ResolvedConfig } from './config/resolved.ts'
import type { Dialect } from './dialect.ts'
import { EndpointTable } from './endpoints.ts'
import type { Plan } from './exchange.ts'
import { HOOK_NAMES, type LiveHooks } from './hooks.ts'
import type { HookName, Logger } from './plugin.ts'
import { Roster, type Rostered } from './roster.ts'
import type { Service } from './service.ts'
import type { Provider } from './upstream/provider.ts'

export type Dispose = () => unknown

/** What a generation is made of; `build.ts` makes it. */
export interface GenerationParts {
  readonly number: number
  readonly config: ResolvedConfig
  readonly hooks: LiveHooks
  readonly audience: Audience | null
  readonly taps: Readonly<Record<HookName, readonly string[]>>
  readonly dialects: readonly Dialect[]
  readonly providers: ReadonlyMap<string, Provider>
  /** What plugins offer each other. */
  readonly offers: <T>(service: Service<T>) => readonly T[]
  readonly disposers: Dispose[]
  readonly log: Logger
}

/**
 * One immutable state of the gateway: hooks, dialects and providers. Exchanges are counted in and out, and a retired
 * generation is disposed when the last one leaves.
 */
export class Generation {
  readonly number: number
  readonly config: ResolvedConfig
  readonly hooks: LiveHooks
  /** Who hears of every exchange. */
  readonly audience: Audience | null
  /** Whether any plugin taps a hook or observes: if none does, nobody can ask what an exchange did and when. */
  readonly isTapped: boolean
  /** Names of the plugins on each hook, in run order. */
  readonly taps: Readonly<Record<HookName, readonly string[]>>
  readonly dialects: readonly Dialect[]
  readonly endpoints: EndpointTable
  readonly providers: ReadonlyMap<string, Provider>
  /** Lower-case names of every header, and names of every query parameter, that may hold a credential. */
  readonly secretHeaders: ReadonlySet<string>
  readonly secretQuery: readonly string[]
  readonly offers: <T>(service: Service<T>) => readonly T[]
  readonly #homes: ReadonlyMap<string, Home>
  readonly #disposers: Dispose[]
  readonly log: Logger
  readonly #inside = new Roster<Abortable>()
  readonly #disposed: Promise<void>
  #isRetired = false
  #isDisposing = false
  #dispose!: () => void

  constructor(parts: GenerationParts) {
    this.number = parts.number
    this.config = parts.config
    this.hooks = parts.hooks
    this.audience = parts.audience
    this.isTapped = parts.audience !== null || HOOK_NAMES.some(name => parts.hooks[name] !== null)
    this.taps = parts.taps
    this.dialects = parts.dialects
    this.endpoints = new EndpointTable(parts.dialects)
    this.providers = parts.providers
    this.secretHeaders = new Set([...ALWAYS_SECRET, ...parts.dialects.flatMap(each => each.credentials.headers)])
    this.secretQuery = [...new Set(parts.dialects.flatMap(each => each.credentials.query ?? []))]
    this.#homes = findHomes(parts.dialects, parts.providers)
    this.offers = parts.offers
    this.#disposers = parts.disposers
    this.log = parts.log
    this.#disposed = new Promise(resolve => {
      this.#dispose = () => void disposeAll(this.#disposers, this.log).then(resolve)
    })
  }

  /** Exchanges that have entered and not left. */
  get active(): number {
    return this.#inside.size
  }

  /**
   * Where a request of this dialect goes when no plugin says otherwise: what the client's base URL stands for, and so
   * the one provider its own credential is meant for.
   */
  home(dialect: Dialect): Home {
    return this.#homes.get(dialect.name) ?? NOWHERE
  }

  /** Counts an exchange in. Every `enter` must be followed by one `leave`, after `record`. */
  enter(exchange: Abortable): void {
    this.#inside.add(exchange)
  }

  leave(exchange: Abortable): void {
    this.#inside.delete(exchange)
    this.#disposeIfDone()
  }

  /**
   * Takes no new exchanges. Resolves when the last one has left and everything is disposed; exchanges that are still
   * there after `deadline` milliseconds are broken off. Asked again, it waits for the same end under the new deadline.
   */
  async retire(deadline: number): Promise<void> {
    const timer = setTimeout(() => {
      for (const exchange of this.#inside.all()) exchange.abort()
    }, deadline)
    timer.unref()
    this.#isRetired = true
    this.#disposeIfDone()
    await this.#disposed
    clearTimeout(timer)
  }

  #disposeIfDone(): void {
    if (!this.#isRetired || this.#isDisposing || this.#inside.size > 0) return
    this.#isDisposing = true
    this.#dispose()
  }
}

/** Something that can be broken off from outside: an exchange. */
export interface Abortable extends Rostered {
  abort(): void
}

/** A dialect's own provider, and the plan of one attempt at it. */
export interface Home {
  readonly provider: string | undefined
  readonly plan: Plan
}

/** What HTTP itself uses for credentials, whatever the dialects say. */
const ALWAYS_SECRET = ['authorization', 'proxy-authorization', 'cookie']

const NOWHERE: Home = Object.freeze({ provider: undefined, plan: Object.freeze([]) })

/** The first provider in config order that speaks the dialect; those that come with a dialect plugin stand first. */
function findHomes(dialects: readonly Dialect[], providers: ReadonlyMap<string, Provider>): ReadonlyMap<string, Home> {
  const homes = new Map<string, Home>()
  for (const { name } of dialects) {
    const provider = [...providers.values()].find(each => each.speaks(name))?.name
    if (provider === undefined) continue
    homes.set(name, { provider, plan: Object.freeze([Object.freeze({ provider, headers: Object.freeze({}) })]) })
  }
  return homes
}

/** Runs disposers, last registered first. A failing one does not keep the others from running. */
export async function disposeAll(disposers: Dispose[], log: Logger): Promise<void> {
  for (const dispose of disposers.splice(0).reverse()) {
    try {
      await dispose()
    } catch (error) {
      log.warn({ err: error }, 'a plugin failed while it was disposed')
    }
  }
}
