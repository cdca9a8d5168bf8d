import {
  type Attempt,
  type Exchange,
  type Gate,
  type GroupSource,
  groupService,
  type LlmRequest,
  ModelPatterns,
  type Plan,
  type PluginApi,
  type ProviderGroup,
} from 'lunaroute'
import { priceService } from 'lunaroute/sessions'
import { affinityOf } from './affinity.ts'
import { type Expanded, Group, limitedError } from './group.ts'
import { isAboutKey, KeyRing, REFUSED } from './key-ring.ts'
import type { BalanceOptions } from './options.ts'
import { Prices } from './prices.ts'
import type { BalanceState } from './state.ts'
import { Watch } from './watch.ts'

/** Spreads the attempts of plans over the targets of groups and the keys of providers. */
export class Balancer {
  readonly groups: readonly Group[]
  /** Of the providers that have more than one key. */
  readonly rings: ReadonlyMap<string, KeyRing>
  readonly #state: BalanceState
  readonly #places = new Map<string, Group>()
  /** Groups of other plugins, which come and go with edits of their files. */
  readonly #guests = new WeakMap<ProviderGroup, Group>()
  readonly #offers: PluginApi['offers']
  #sources: readonly GroupSource[] | undefined
  readonly #prices: Prices
  readonly #models: ModelPatterns<Group> | undefined
  readonly #ownCredentialTarget: PluginApi['ownCredentialTarget']

  constructor(options: BalanceOptions, state: BalanceState, api: PluginApi) {
    const prices = new Prices(() => api.offers(priceService).map(each => each.list))
    this.#prices = prices
    this.#offers = api.offers
    const entries = Object.entries(options.groups).map(
      ([name, each]) => [new Group(name, each, state, prices), each] as const,
    )
    this.groups = entries.map(([group]) => group)
    for (const [group, { providers = [] }] of entries)
      for (const each of [group.name, ...providers]) this.#places.set(each, group)
    const patterns = entries.flatMap(([group, { models = [] }]) => models.map(each => [each, group] as const))
    this.#models = patterns.length > 0 ? new ModelPatterns(patterns) : undefined
    const several = api.providers.filter(({ keys }) => keys > 1)
    this.rings = new Map(several.map(each => [each.name, new KeyRing(each, options.keys, api.log)]))
    this.#state = state
    this.#ownCredentialTarget = api.ownCredentialTarget
  }

  /** The plan with every target and key in it. Where there are targets, its attempts are followed. */
  reshape(plan: Plan, request: LlmRequest | null, exchange: Exchange): Plan {
    const isSpread = this.#places.size > 0 || plan.some(each => this.#guest(each.provider) !== undefined)
    if (!isSpread && this.rings.size === 0) return plan
    const expanded: Expanded[] = []
    const spread = isSpread ? this.#spread(plan, request, exchange, expanded) : plan
    const keyed = this.rings.size === 0 ? spread : this.#withKeys(spread, request, exchange)
    const isClients = (provider: string) => this.#ownCredentialTarget(exchange) === provider
    if (expanded.length > 0) exchange.observe(new Watch(this.#state, this.rings, expanded, isClients))
    return keyed
  }

  #spread(plan: Plan, request: LlmRequest | null, exchange: Exchange, expanded: Expanded[]): Plan {
    const limited: Group[] = []
    const into = (group: Group, attempt: Omit<Attempt, 'provider'>): readonly Attempt[] => {
      const found = group.expand(attempt, request, exchange)
      if (found.length === 0) limited.push(group)
      expanded.push(...found)
      return found.map(each => each.attempt)
    }
    const byModel = this.#models && request?.model !== undefined ? this.#models.find(request.model) : undefined
    const spread = plan.flatMap((attempt, index) => {
      const group = (index === 0 ? byModel : undefined) ?? this.#groupOf(attempt.provider)
      return group ? into(group, attempt) : [attempt]
    })
    if (plan.length === 0 && byModel) spread.push(...into(byModel, { headers: {} }))
    if (spread.length === 0 && limited.length > 0) throw allLimited(limited)
    return spread
  }

  #groupOf(name: string): Group | undefined {
    return this.#places.get(name) ?? this.#guest(name)
  }

  /** The group that another plugin means by a name. */
  #guest(name: string): Group | undefined {
    // Not before the first request has every plugin been set up.
    this.#sources ??= this.#offers(groupService)
    for (const source of this.#sources) {
      const offered = source(name)
      if (!offered) continue
      const known = this.#guests.get(offered)
      if (known) return known
      const group = new Group(name, { ...offered, targets: [...offered.targets] }, this.#state, this.#prices)
      this.#guests.set(offered, group)
      return group
    }
    return undefined
  }

  /** Keys of the gateway's own alone: where the client's credential goes along, there is nothing to choose. */
  #withKeys(plan: Plan, request: LlmRequest | null, exchange: Exchange): Plan {
    if (!plan.some(each => this.rings.has(each.provider))) return plan
    const clientsOwn = this.#ownCredentialTarget(exchange)
    let affinity: Buffer | undefined
    return plan.flatMap(attempt => {
      const ring = this.rings.get(attempt.provider)
      if (!ring || attempt.provider === clientsOwn || attempt.key !== undefined) return [attempt]
      if (ring.isSticky) affinity ??= affinityOf(['session', 'user', 'prefix'], request, exchange)
      return keyed(attempt, ring, ring.order(affinity), request, exchange)
    })
  }
}

/**
 * The attempt once for each key. A key that is refused, or limited, lets the next one have its turn; what else befalls an
 * attempt befalls it with any key.
 */
function keyed(
  attempt: Attempt,
  ring: KeyRing,
  keys: readonly number[],
  request: LlmRequest | null,
  { attempts }: Exchange,
): readonly Attempt[] {
  const on = attempt.fallbackOn ?? []
  const isKeysFault = () => {
    const model = attempt.model ?? request?.modelLabel
    const last = attempts.findLast(each => each.provider === attempt.provider && each.model === model)
    return last === undefined || isAboutKey(last)
  }
  return keys.map((key, at): Attempt => {
    const isLast = at === keys.length - 1
    const fallbackOn = isLast ? [...on, ...REFUSED] : [...on, ...REFUSED, 429]
    // Where no key is good the provider says so best.
    const isOpen = () => (at === 0 ? ring.isUsable(key) || !ring.hasUsable : ring.isUsable(key) && isKeysFault())
    const gate: Gate = ({ provider }) => (isOpen() ? undefined : limitedError([provider], 1000))
    return { ...attempt, key, fallbackOn, gates: [...(attempt.gates ?? []), gate] }
  })
}

function allLimited(groups: readonly Group[]) {
  const now = performance.now()
  const targets = groups.flatMap(group => group.targets.map(target => ({ target, wait: group.wait(target, now) })))
  const soonest = Math.min(...targets.map(each => each.wait))
  return limitedError(
    targets.map(each => each.target.provider),
    soonest,
  )
}
