import type { ResolvedProvider } from '../config/resolved.ts'
import type { Dialect } from '../dialect.ts'
import type { Retry } from '../exchange.ts'
import type { ProviderView } from '../plugin.ts'
import type { UpstreamPool } from './pool.ts'

/** How a dialect's paths are placed behind a provider's `base_url`. */
interface Placement {
  readonly prefix: string
  /** Version segments to take off the client's path first. */
  readonly strip: readonly string[]
  /** Paths placed before. */
  readonly known: Map<string, string>
}

/** A provider that requests can be sent to. Holds its key; plugins see `view`. */
export class Provider {
  readonly name: string
  readonly dialects: readonly string[]
  /** In config order; each carries a request as well as the first. */
  readonly keys: readonly string[]
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly pool: UpstreamPool
  readonly totalTimeout: number
  readonly retry: Retry
  readonly view: ProviderView
  readonly #basePath: string
  readonly #placements = new Map<Dialect, Placement>()

  constructor(config: ResolvedProvider, pool: UpstreamPool) {
    this.name = config.name
    this.dialects = config.dialects
    this.keys = config.apiKeys
    this.headers = Object.entries(config.headers)
    this.pool = pool
    this.totalTimeout = config.upstream.totalTimeout
    // Nothing of a response has been seen in these cases. A request that the provider may have begun to answer is
    // not repeated: that decision belongs to plugins, and they can make it in the plan.
    this.retry = { limit: config.upstream.maxRetries, on: ['connect', 'stale'], delay: 100 }
    this.#basePath = new URL(config.baseUrl).pathname.replace(/\/+$/, '')
    const { name, dialects, baseUrl } = config
    this.view = Object.freeze({
      name,
      dialects,
      baseUrl: withoutUser(baseUrl),
      hasKey: this.keys.length > 0,
      keys: this.keys.length,
      path: (dialect: Dialect, path: string) => this.path(dialect, path, true),
      pool,
    })
  }

  speaks(dialect: string): boolean {
    return this.dialects.includes(dialect)
  }

  /** The path at the provider for a path of the dialect. `isKnown`: the path is one of the dialect's endpoints. */
  path(dialect: Dialect, path: string, isKnown: boolean): string {
    let placement = this.#placements.get(dialect)
    if (!placement) {
      placement = place(this.#basePath, dialect)
      this.#placements.set(dialect, placement)
    }
    if (!isKnown) return placed(placement, dialect, path, isKnown)
    // Nearly every request is for one of a few paths. Bounded, since some have a model's name in them.
    let known = placement.known.get(path)
    if (known === undefined) {
      known = placed(placement, dialect, path, isKnown)
      if (placement.known.size < 500) placement.known.set(path, known)
    }
    return known
  }
}

function placed(placement: Placement, dialect: Dialect, path: string, isKnown: boolean): string {
  const version = dialect.versions.find(each => path.startsWith(`${each}/`) || path === each)
  if (version === undefined) {
    // A known path without its version, `/responses` for `/v1/responses`, still needs one at the provider.
    const missing = isKnown && placement.strip.length === 0 ? (dialect.versions[0] ?? '') : ''
    return placement.prefix + missing + path
  }
  return placement.prefix + (placement.strip.includes(version) ? path.slice(version.length) : path)
}

function place(basePath: string, dialect: Dialect): Placement {
  const version = dialect.versions.find(each => basePath.endsWith(each))
  if (version !== undefined) return { prefix: basePath.slice(0, -version.length), strip: [], known: new Map() }
  if (basePath !== '' && dialect.basePath === 'complete')
    return { prefix: basePath, strip: dialect.versions, known: new Map() }
  return { prefix: basePath, strip: [], known: new Map() }
}

function withoutUser(url: string): string {
  const parsed = new URL(url)
  parsed.username = ''
  parsed.password = ''
  return parsed.href
}
