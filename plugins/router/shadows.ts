import type { OptionProblem } from 'lunaroute'
import type { CompiledRule } from './compiled-rule.ts'
import type { Pattern } from './pattern.ts'

/** A rule, and where it is written; undefined where that is another place than the one that is checked. */
export interface Listed {
  readonly rule: CompiledRule
  readonly place: readonly (string | number)[] | undefined
}

/** Rules that an earlier one takes every request from. */
export function shadowsIn(listed: readonly Listed[]): OptionProblem[] {
  const ordered = listed.toSorted((a, b) => b.rule.priority - a.rule.priority)
  // An earlier rule for one name can only stand before a rule for that name.
  const named = new Map<string, Listed[]>()
  const broad: Listed[] = []
  return ordered.flatMap(each => {
    const names = namesOf(each.rule)
    const candidates = names?.[0] === undefined ? broad : [...(named.get(names[0]) ?? []), ...broad]
    const before = candidates.find(earlier => covers(earlier.rule, each.rule))
    if (!names) broad.push(each)
    else for (const name of names) named.set(name, [...(named.get(name) ?? []), each])
    return before ? shadow(before, each) : []
  })
}

/** Told where there is a place for it: at the rule itself, or at the one that stands before it. */
function shadow(before: Listed, { rule, place }: Listed): OptionProblem[] {
  if (place) {
    const whose = before.place ? '' : ' of the config'
    const message = `is never reached: rule "${before.rule.id}"${whose} comes before it and takes all that it would`
    return [{ path: place, message, isWarning: true }]
  }
  if (!before.place) return []
  const message = `takes all that rule "${rule.id}" of the config would, which is never reached`
  return [{ path: before.place, message, isWarning: true }]
}

function namesOf({ models }: CompiledRule): readonly string[] | undefined {
  return models?.every(({ kind }) => kind === 'exact') ? models.map(({ text }) => text) : undefined
}

/** Whether each request of the later rule fits the earlier one. Only what is certain counts. */
function covers(earlier: CompiledRule, later: CompiledRule): boolean {
  const keys = later.conditions.map(({ key }) => key)
  if (!earlier.conditions.every(({ key }) => keys.some(each => each === key || implies(each, key)))) return false
  const { models } = earlier
  // A rule for paths takes requests without a model, too.
  if (!models) return earlier.conditions.some(({ key }) => key.startsWith('path ')) || !takesNameless(later)
  return later.models?.every(each => models.some(wide => includes(wide, each))) ?? false
}

function takesNameless({ models, conditions }: CompiledRule): boolean {
  return models === undefined && conditions.some(({ key }) => key.startsWith('path '))
}

/** Whether what holds for the narrow condition holds for the wide one. */
function implies(narrow: string, wide: string): boolean {
  const [kind = '', text = ''] = /^(?:(\S+) )(.*)$/.exec(wide)?.slice(1) ?? []
  if (!narrow.startsWith(`${kind} `)) return false
  const other = narrow.slice(kind.length + 1)
  if (kind === 'tokens') return isWithin(JSON.parse(other) as Range, JSON.parse(text) as Range)
  if (kind === 'listener') return isOfFamily(JSON.parse(other) as string, [JSON.parse(text) as string])
  if (kind === 'dialect') {
    const families = JSON.parse(text) as readonly string[]
    return (JSON.parse(other) as readonly string[]).every(each => isOfFamily(each, families))
  }
  // `x-tier true` is wider than `x-tier "paid"`.
  if (!text.endsWith(' true')) return false
  return other.startsWith(text.slice(0, -'true'.length)) && !other.endsWith(' false')
}

interface Range {
  readonly min?: number
  readonly max?: number
}

function isWithin(narrow: Range, { min = 0, max = Number.POSITIVE_INFINITY }: Range): boolean {
  return (narrow.min ?? 0) >= min && (narrow.max ?? Number.POSITIVE_INFINITY) <= max
}

function isOfFamily(name: string, names: readonly string[]): boolean {
  return names.includes(name) || names.includes(name.split('-', 1)[0]!)
}

function includes(wide: Pattern, narrow: Pattern): boolean {
  if (narrow.kind === 'exact') return wide.test(narrow.text)
  if (wide.kind === 'prefix') return wide.text === '' || (narrow.beginning?.startsWith(wide.text) ?? false)
  // The stars of a glob take another glob's signs for what they are: any text.
  if (wide.kind === 'glob' && narrow.kind !== 'regex' && !wide.text.includes('?')) {
    return wide.test(narrow.kind === 'prefix' ? `${narrow.text}*` : narrow.text)
  }
  return wide.kind === narrow.kind && wide.text === narrow.text
}
