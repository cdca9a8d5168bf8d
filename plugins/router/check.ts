import type { ConfigNames, OptionProblem } from 'lunaroute'
import { checkFutility } from './check-futility.ts'
import { type CompiledRule, compileRule } from './compiled-rule.ts'
import { targetsOf as targetsOfStrategy } from './group.ts'
import {
  fallbacksOf,
  idOf,
  isNamed,
  listenerOf,
  modelPatternOf,
  strategyOf,
  targetOf,
  type WrittenAliases,
  type WrittenRule,
  type WrittenTarget,
} from './rule.ts'
import { type Listed, shadowsIn } from './shadows.ts'
import { type AliasTarget, targetsOf } from './table.ts'

type At = readonly (string | number)[]

/** What stands beside the rules that are checked. */
interface Beside {
  /** Rules of another place, which come after these where priorities are equal. */
  readonly rules?: readonly CompiledRule[]
  readonly aliases?: WrittenAliases
}

/** Beyond this many rules, looking for those that are never reached would hold up requests. */
const SHADOW_LIMIT = 3_000

/**
 * What is wrong with rules, and which of them can never be reached. `at` is where their list stands; what is undefined in
 * it is no concern of this.
 */
export function checkRules(
  rules: readonly (WrittenRule | undefined)[],
  at: At,
  names: ConfigNames,
  beside: Beside = {},
): OptionProblem[] {
  const problems: OptionProblem[] = []
  const warnings: OptionProblem[] = []
  const compiled: Listed[] = []
  const seen = new Map<string, number>()
  for (const [index, rule] of rules.entries()) {
    if (!rule) continue
    const place = [...at, index]
    const found = checkRule(rule, place, names)
    const id = idOf(rule)
    const earlier = isNamed(rule) ? seen.get(id) : undefined
    if (earlier === undefined) seen.set(id, index)
    else {
      const key = rule.id !== undefined ? 'id' : rule.name !== undefined ? 'name' : undefined
      const path = key === undefined ? place : [...place, key]
      found.push({ path, message: `the id "${id}" is also that of rule number ${earlier + 1}` })
    }
    try {
      const ready = compileRule(rule, 'file')
      compiled.push({ rule: ready, place })
      warnings.push(...checkFutility(ready, place, names, targetsOf(beside.aliases ?? {})))
    } catch (error) {
      const path = [...place, rule.match ? 'match' : rule.model_pattern === undefined ? 'matcher' : 'model_pattern']
      found.push({ path, message: `has a bad regular expression: ${(error as Error).message}` })
    }
    problems.push(...found)
  }
  if (problems.length > 0) return problems
  const all = [...compiled, ...(beside.rules ?? []).map(rule => ({ rule, place: undefined }))]
  return all.length > SHADOW_LIMIT ? warnings : [...warnings, ...shadowsIn(all)]
}

export function checkAliases(aliases: WrittenAliases, at: At, { providers, didYouMean }: ConfigNames): OptionProblem[] {
  const targets = targetsOf(aliases)
  return [...targets].flatMap(([name, { provider }]) => {
    if (provider !== undefined && !providers.includes(provider)) {
      return [{ path: [...at, name, 'provider'], message: unknown(provider, providers, didYouMean) }]
    }
    const circle = circleFrom(name, targets)
    return circle ? [{ path: [...at, name], message: `is an alias of itself: ${circle.join(' -> ')}` }] : []
  })
}

/** The way from an alias back to itself. One that names itself at once does no harm, and is how a model is spelled out. */
function circleFrom(name: string, targets: ReadonlyMap<string, AliasTarget>): readonly string[] | undefined {
  const way = [name]
  for (let at = targets.get(name); at && at.provider === undefined; at = targets.get(at.model)) {
    if (at.model === name) return way.length > 1 ? [...way, name] : undefined
    if (way.includes(at.model)) return undefined
    way.push(at.model)
  }
  return undefined
}

function checkRule(rule: WrittenRule, place: At, names: ConfigNames): OptionProblem[] {
  const { providers, didYouMean } = names
  const problems: OptionProblem[] = [...checkSpelling(rule, place), ...checkStrategy(rule, place, names)]
  const target = targetOf(rule)
  if (!target) problems.push({ path: place, message: 'says not where to send: give it a target' })
  const hops = [target, ...fallbacksOf(rule)]
  const asked = onlyModelOf(rule)
  const keyOf = ({ provider, model = asked }: Partial<WrittenTarget>) => `${provider} ${model ?? ''}`
  const strategy = strategyOf(rule)
  const seen = new Set(strategy ? targetsOfStrategy(strategy).map(keyOf) : [])
  for (const [index, hop] of hops.entries()) {
    if (!hop) continue
    const path = index === 0 ? [...place, rule.target ? 'target' : 'primary'] : [...place, 'fallbacks', index - 1]
    if (!providers.includes(hop.provider) && !(index === 0 && rule.strategy)) {
      problems.push({ path, message: unknown(hop.provider, providers, didYouMean) })
    }
    const same = keyOf(hop)
    if (seen.has(same)) {
      problems.push({ path, message: `leads back to ${described(hop)}, which the rule has tried by then` })
    }
    seen.add(same)
  }
  return problems
}

/** Of two ways to say the same only one would be heard. */
function checkSpelling(rule: WrittenRule, place: At): OptionProblem[] {
  const { match, matcher, model_pattern: pattern, target, primary, listener } = rule
  const twice: readonly (readonly [key: string, rival: unknown, name: string])[] = [
    ['primary', primary !== undefined && target, 'target'],
    ['model_pattern', pattern !== undefined && match?.model, 'match.model'],
    ['matcher', modelPatternOf(rule) !== undefined && matcher && (pattern ?? match?.model), 'model'],
    ['matcher', matcher?.listener !== undefined && listener, 'listener'],
  ]
  const problems = twice.flatMap(([key, rival, name]) =>
    rival ? [{ path: [...place, key], message: `says what ${name} says, too: leave one of them out` }] : [],
  )
  const type = matcher?.type
  const isEmpty = { model: modelPatternOf(rule) === undefined, listener: listenerOf(rule) === undefined, always: false }
  if (type && isEmpty[type]) {
    const what = type === 'model' ? 'pattern' : type
    problems.push({ path: [...place, 'matcher'], message: `of type "${type}" has no ${what}` })
  }
  return problems
}

/** The one model that a rule is for, where there is no other. */
function onlyModelOf({ match }: WrittenRule): string | undefined {
  const models = [match?.model ?? []].flat()
  const [only] = models
  return models.length === 1 && typeof only === 'string' && !/[*?]|^\/.*\/$/.test(only) ? only : undefined
}

/** Spreading is the work of another plugin: without it a plan would name providers that nobody knows. */
function checkStrategy(rule: WrittenRule, place: At, names: ConfigNames): OptionProblem[] {
  const { target, primary, weights } = rule
  const strategy = strategyOf(rule)
  const path = [...place, 'strategy']
  if (weights && typeof rule.strategy !== 'string') {
    return [{ path: [...place, 'weights'], message: 'go with strategy: weighted_round_robin' }]
  }
  if (!strategy) return []
  const problems: OptionProblem[] = []
  const { providers, plugins, didYouMean } = names
  if (target || primary !== undefined) {
    const other = target ? 'target' : 'primary'
    problems.push({ path, message: `says where to send, and so does ${other}: leave one of them out` })
  }
  if (!isNamed(rule)) problems.push({ path, message: 'is remembered by the name of its rule: give it an id' })
  if (plugins.indexOf('balance') < plugins.indexOf('router')) {
    problems.push({ path, message: 'takes the plugin "balance", which spreads requests: list it after "router"' })
  }
  const targets = targetsOfStrategy(strategy)
  for (const { provider } of targets) {
    if (!providers.includes(provider)) problems.push({ path, message: unknown(provider, providers, didYouMean) })
  }
  if (targets.length === 0) problems.push({ path, message: 'has no providers: give them weights, by name' })
  else if (targets.every(({ weight = 1 }) => weight === 0)) problems.push({ path, message: 'has no weight above 0' })
  return problems
}

function unknown(provider: string, providers: readonly string[], didYouMean: ConfigNames['didYouMean']): string {
  return `no provider is called "${provider}"${didYouMean(provider, providers)}`
}

function described({ provider, model }: { provider: string; model?: string }): string {
  return model === undefined ? `"${provider}"` : `"${model}" at "${provider}"`
}
