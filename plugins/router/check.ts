import type { ConfigNames, OptionProblem } from 'lunaroute'
import { type CompiledRule, compileRule } from './compiled-rule.ts'
import { targetsOf as targetsOfStrategy } from './group.ts'
import type { Pattern } from './pattern.ts'
import { fallbacksOf, idOf, isNamed, targetOf, type WrittenAliases, type WrittenRule } from './rule.ts'
import { type AliasTarget, targetsOf } from './table.ts'

type Names = Pick<ConfigNames, 'providers' | 'didYouMean'> & Partial<Pick<ConfigNames, 'plugins'>>
type At = readonly (string | number)[]

/** Beyond this many rules, looking for those that are never reached would hold up requests. */
const SHADOW_LIMIT = 3_000

/**
 * What is wrong with rules, and which of them can never be reached. `at` is where their list stands; what is undefined in
 * it is no concern of this.
 */
export function checkRules(rules: readonly (WrittenRule | undefined)[], at: At, names: Names): OptionProblem[] {
  const problems: OptionProblem[] = []
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
      compiled.push({ rule: compileRule(rule, 'file'), place })
    } catch (error) {
      found.push({ path: [...place, 'match'], message: `has a bad regular expression: ${(error as Error).message}` })
    }
    problems.push(...found)
  }
  return problems.length > 0 || rules.length > SHADOW_LIMIT ? problems : shadowsIn(compiled)
}

export function checkAliases(aliases: WrittenAliases, at: At, { providers, didYouMean }: Names): OptionProblem[] {
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

function checkRule(rule: WrittenRule, place: At, names: Names): OptionProblem[] {
  const { providers, didYouMean } = names
  const problems: OptionProblem[] = checkStrategy(rule, place, names)
  const target = targetOf(rule)
  if (!target) problems.push({ path: place, message: 'says not where to send: give it a target' })
  const hops = [target, ...fallbacksOf(rule)]
  const seen = new Set<string>()
  for (const [index, hop] of hops.entries()) {
    if (!hop) continue
    const path = index === 0 ? [...place, rule.target ? 'target' : 'primary'] : [...place, 'fallbacks', index - 1]
    if (!providers.includes(hop.provider) && !(index === 0 && rule.strategy)) {
      problems.push({ path, message: unknown(hop.provider, providers, didYouMean) })
    }
    const same = `${hop.provider} ${hop.model ?? ''}`
    if (seen.has(same)) {
      problems.push({ path, message: `leads back to ${described(hop)}, which the rule has tried by then` })
    }
    seen.add(same)
  }
  return problems
}

/** Spreading is the work of another plugin: without it a plan would name providers that nobody knows. */
function checkStrategy(rule: WrittenRule, place: At, names: Names): OptionProblem[] {
  const { strategy, target, primary } = rule
  if (!strategy) return []
  const path = [...place, 'strategy']
  const problems: OptionProblem[] = []
  const { providers, plugins, didYouMean } = names
  if (target || primary !== undefined) {
    const other = target ? 'target' : 'primary'
    problems.push({ path, message: `says where to send, and so does ${other}: leave one of them out` })
  }
  if (!isNamed(rule)) problems.push({ path, message: 'is remembered by the name of its rule: give it an id' })
  if (plugins && plugins.indexOf('balance') < plugins.indexOf('router')) {
    problems.push({ path, message: 'takes the plugin "balance", which spreads requests: list it after "router"' })
  }
  const targets = targetsOfStrategy(strategy)
  for (const { provider } of targets) {
    if (!providers.includes(provider)) problems.push({ path, message: unknown(provider, providers, didYouMean) })
  }
  if (targets.every(({ weight = 1 }) => weight === 0)) problems.push({ path, message: 'has no weight above 0' })
  return problems
}

function unknown(provider: string, providers: readonly string[], didYouMean: Names['didYouMean']): string {
  return `no provider is called "${provider}"${didYouMean(provider, providers)}`
}

function described({ provider, model }: { provider: string; model?: string }): string {
  return model === undefined ? `"${provider}"` : `"${model}" at "${provider}"`
}

interface Listed {
  readonly rule: CompiledRule
  readonly place: At
}

/** Rules that an earlier one takes every request from. */
function shadowsIn(listed: readonly Listed[]): OptionProblem[] {
  const ordered = listed.toSorted((a, b) => b.rule.priority - a.rule.priority)
  // An earlier rule for one name can only stand before a rule for that name.
  const named = new Map<string, CompiledRule[]>()
  const broad: CompiledRule[] = []
  return ordered.flatMap(({ rule, place }) => {
    const names = namesOf(rule)
    const candidates = names?.[0] === undefined ? broad : [...(named.get(names[0]) ?? []), ...broad]
    const before = candidates.find(earlier => covers(earlier, rule))
    if (!names) broad.push(rule)
    else for (const name of names) named.set(name, [...(named.get(name) ?? []), rule])
    if (!before) return []
    const message = `is never reached: rule "${before.id}" comes before it and takes all that it would`
    return [{ path: place, message, isWarning: true }]
  })
}

function namesOf({ models }: CompiledRule): readonly string[] | undefined {
  return models?.every(({ kind }) => kind === 'exact') ? models.map(({ text }) => text) : undefined
}

/** Whether each request of the later rule fits the earlier one. Only what is certain counts. */
function covers(earlier: CompiledRule, later: CompiledRule): boolean {
  const isWider = earlier.conditions.every(({ key }) => later.conditions.some(each => each.key === key))
  if (!isWider) return false
  const { models } = earlier
  // A rule for paths takes requests without a model, too.
  if (!models) return earlier.conditions.some(({ key }) => key.startsWith('path ')) || !takesNameless(later)
  return later.models?.every(each => models.some(wide => includes(wide, each))) ?? false
}

function takesNameless({ models, conditions }: CompiledRule): boolean {
  return models === undefined && conditions.some(({ key }) => key.startsWith('path '))
}

function includes(wide: Pattern, narrow: Pattern): boolean {
  if (narrow.kind === 'exact') return wide.test(narrow.text)
  if (wide.kind === 'prefix') return narrow.kind !== 'regex' && narrow.text.startsWith(wide.text)
  return wide.kind === narrow.kind && wide.text === narrow.text
}
