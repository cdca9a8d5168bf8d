import type { Meter, Sample } from 'lunaroute'

/** How many requests took each route since the start. */
export class RouteTally implements Meter {
  readonly name = 'lunaroute_routes_total'
  readonly help = 'Requests by the route they took'
  readonly type = 'counter'
  readonly labels = ['route']
  readonly #counts = new Map<string, number>()

  /** Functions may make up ids as they like: beyond a limit they are counted together. */
  count(id = 'none'): void {
    const known = this.#counts.get(id)
    if (known === undefined && this.#counts.size >= LIMIT)
      this.#counts.set('other', (this.#counts.get('other') ?? 0) + 1)
    else this.#counts.set(id, (known ?? 0) + 1)
  }

  *read(): Iterable<Sample> {
    for (const [route, value] of this.#counts) yield { labels: { route }, value }
  }
}

const LIMIT = 2_000
