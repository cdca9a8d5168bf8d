import type { Attempt, ProviderGroup } from 'lunaroute'
import type { CompiledRule } from './compiled-rule.ts'
import { Facts, type Routable } from './facts.ts'
import type { Decision } from './router.ts'
import type { RouteTable } from './table.ts'

/** Where a request would go, and why. What `lunaroute route` and `/admin/routes/test` tell. */
export interface Explanation {
  readonly route: string | null
  readonly source: string | null
  readonly reason: string
  readonly model: string | null
  /** The model it stands for, where it is an alias. */
  readonly alias_of?: string
  readonly dialect: string
  readonly estimated_tokens: number
  /** In order. Empty: the plan is left to other plugins and the dialect's own provider. */
  readonly attempts: readonly Readonly<Record<string, unknown>>[]
  /** Rules that came before and did not fit, the nearest first, with what they wanted. */
  readonly passed_over: readonly { readonly id: string; readonly because: string }[]
}

const PASSED_LIMIT = 20

export function explain(table: RouteTable, request: Routable, listener: string, decision: Decision): Explanation {
  const alias = request.model === undefined ? undefined : table.alias(request.model)
  const model = alias?.model ?? request.model
  const facts = new Facts(request, listener, model)
  return {
    route: decision.id ?? null,
    source: decision.rule?.source ?? null,
    reason: decision.reason,
    model: request.model ?? null,
    ...(alias && { alias_of: alias.model }),
    dialect: facts.dialect,
    estimated_tokens: facts.tokens,
    attempts: (decision.attempts ?? []).map(attempt => attemptView(attempt, model, table.group(attempt.provider))),
    passed_over: passedOver(table, facts, decision.rule),
  }
}

function attemptView(attempt: Attempt, asked: string | undefined, group?: ProviderGroup) {
  const { provider, model = asked, timeouts, fallbackOn, dropUnsupportedTools } = attempt
  return {
    provider,
    model: model ?? null,
    ...(group && { strategy: group.strategy, targets: group.targets }),
    ...(timeouts && { timeouts }),
    ...(fallbackOn && { fallback_on: fallbackOn }),
    ...(dropUnsupportedTools !== undefined && { strip_unsupported_tools: dropUnsupportedTools }),
  }
}

function passedOver(table: RouteTable, facts: Facts, chosen: CompiledRule | undefined) {
  const end = chosen ? table.rules.indexOf(chosen) : table.rules.length
  const before = table.rules.slice(Math.max(0, end - PASSED_LIMIT), end).filter(rule => !rule.test(facts))
  return before.toReversed().map(rule => ({ id: rule.id, because: objectionOf(rule, facts) }))
}

function objectionOf({ models, conditions }: CompiledRule, facts: Facts): string {
  const { model } = facts
  if (models && (model === undefined || !models.some(each => each.test(model)))) {
    return `model ${models.map(({ kind, text }) => (kind === 'prefix' ? `${text}*` : text)).join(' or ')}`
  }
  return conditions.find(each => !each.test(facts))?.key ?? 'the provider does not speak the dialect'
}

/** One rule in a list of all. */
export function ruleView({ id, priority, source, written, attempts, group }: CompiledRule) {
  const { listener, match, model_pattern, matcher } = written
  return {
    id,
    priority,
    source,
    ...(listener !== undefined && { listener }),
    ...(match && { match }),
    ...(model_pattern !== undefined && { model_pattern }),
    ...(matcher && { matcher }),
    attempts: attempts.map((each, i) => attemptView(each, undefined, i === 0 ? group : undefined)),
  }
}
