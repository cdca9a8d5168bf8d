import type { Attempt } from 'lunaroute'
import { attemptAt, attemptsOf, type CompiledRule } from './compiled-rule.ts'
import { Facts, type Routable, type RoutingRequest } from './facts.ts'
import { refuseWish, type Wish } from './override.ts'
import { fallbacksOf, type WrittenRule } from './rule.ts'
import type { RouteTable } from './table.ts'

/** Where a rule written in TypeScript sends a request. */
export interface RouteAnswer {
  /** How the route is called. Default: the function's name. */
  readonly id?: string
  readonly target: { readonly provider: string; readonly model?: string }
  readonly fallbacks?: readonly (string | { readonly provider: string; readonly model?: string })[]
  readonly options?: NonNullable<WrittenRule['options']>
}

/** A rule in TypeScript. It says where a request goes, or nothing when the request is not its concern. */
export type RouteFunction = (request: RoutingRequest) => RouteAnswer | undefined | null | false

/** What was decided for one request. */
export interface Decision {
  /** The rule's id, or the name of what was asked for; undefined where nothing had an opinion. */
  readonly id: string | undefined
  readonly reason: string
  /** Undefined: the plan stays as it is. */
  readonly attempts: readonly Attempt[] | undefined
  /** What the client's model is an alias of, for a plan that stays. */
  readonly model?: string
  readonly rule?: CompiledRule
}

/** What the client asked for by name. */
export interface Asked {
  readonly wish: Wish | undefined
  /** A marker's name, in this request or an earlier one of its session. */
  readonly marker: string | undefined
  readonly isMarkerEarlier?: boolean | undefined
}

/** Decides where requests go, by one table at a time. */
export class Router {
  readonly #functions: readonly RouteFunction[]
  readonly #providers: ReadonlyMap<string, string | undefined>

  /** `providers`: each with the model that it is to be asked for when it is chosen by name, where its entry says one. */
  constructor(functions: readonly RouteFunction[], providers: ReadonlyMap<string, string | undefined>) {
    this.#functions = functions
    this.#providers = providers
  }

  /** Throws a GatewayError where the client's headers or query name what does not exist. */
  decide(table: RouteTable, request: Routable, listener: string, asked: Asked): Decision {
    const { wish, marker, isMarkerEarlier } = asked
    const model = request.model
    if (wish) return this.#granted(table, wish, model)
    if (marker !== undefined) {
      const reason = isMarkerEarlier ? 'a marker earlier in the session' : 'asked for by a marker'
      const decision = this.#named(table, marker, model, reason)
      if (decision) return decision
      const alias = table.alias(marker)
      if (alias) return this.#usual(table, request, listener, marker)
    }
    return this.#usual(table, request, listener, model)
  }

  /** Whether a marker of this name means anything. */
  knows(table: RouteTable, name: string): boolean {
    return table.byId(name) !== undefined || this.#providers.has(name) || table.alias(name) !== undefined
  }

  #granted(table: RouteTable, wish: Wish, model: string | undefined): Decision {
    const reason = `asked for by ${wish.by}`
    const rule = wish.kind === 'rule' ? table.byId(wish.name) : undefined
    if (rule) return ruled(table, rule, model, reason)
    if (wish.kind === 'provider' && this.#providers.has(wish.name)) return this.#sent(table, wish.name, model, reason)
    throw refuseWish(wish, wish.kind === 'rule' ? table.ids() : this.#providers.keys())
  }

  #named(table: RouteTable, name: string, model: string | undefined, reason: string): Decision | undefined {
    const rule = table.byId(name)
    if (rule) return ruled(table, rule, model, reason)
    return this.#providers.has(name) ? this.#sent(table, name, model, reason) : undefined
  }

  #sent(table: RouteTable, provider: string, asked: string | undefined, reason: string): Decision {
    const model = this.#providers.get(provider) ?? aliased(table, asked)
    return { id: provider, reason, attempts: [attemptAt({ provider, ...(model !== undefined && { model }) })] }
  }

  #usual(table: RouteTable, request: Routable, listener: string, model: string | undefined): Decision {
    const alias = model === undefined ? undefined : table.alias(model)
    if (alias?.provider !== undefined) {
      const attempts = [attemptAt({ provider: alias.provider, model: alias.model })]
      return { id: model, reason: 'an alias of the model', attempts }
    }
    const facts = new Facts(request, listener, alias?.model ?? model)
    const decided = this.#functions.length === 0 ? undefined : this.#byFunction(facts, alias?.model)
    if (decided) return decided
    const rule = table.find(facts)
    if (rule) {
      const reason = rule.source === 'default' ? 'the default for the model' : 'the first rule that fits'
      return { id: rule.id, reason, attempts: renamed(rule.attempts, alias?.model), rule }
    }
    if (!alias) return { id: undefined, reason: 'no rule fits', attempts: undefined }
    return { id: undefined, reason: 'an alias of the model', attempts: undefined, model: alias.model }
  }

  #byFunction(facts: Facts, model: string | undefined): Decision | undefined {
    for (const [index, each] of this.#functions.entries()) {
      const answer = each(facts)
      if (!answer) continue
      const { id = each.name || `function_${index + 1}`, target, options } = answer
      // Not every config is checked by a compiler. A promise would pass for an answer without a target.
      if (typeof target?.provider !== 'string') {
        throw new TypeError(
          `the routing function "${id}" answered with no { target: { provider } }; async it cannot be`,
        )
      }
      const attempts = renamed(attemptsOf(target, fallbacksOf(answer), options), model)
      return { id, reason: 'decided by a function', attempts }
    }
    return undefined
  }
}

function ruled(table: RouteTable, rule: CompiledRule, model: string | undefined, reason: string): Decision {
  return { id: rule.id, reason, attempts: renamed(rule.attempts, aliased(table, model)), rule }
}

function aliased(table: RouteTable, model: string | undefined): string | undefined {
  return model === undefined ? undefined : table.alias(model)?.model
}

/** Attempts that name no model of their own ask for this one. */
export function renamed(attempts: readonly Attempt[], model: string | undefined): readonly Attempt[] {
  return model === undefined ? attempts : attempts.map(each => (each.model === undefined ? { ...each, model } : each))
}
