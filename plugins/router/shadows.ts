import type { OptionProblem } from 'lunaroute'
import type { CompiledRule, Condition } from './compiled-rule.ts'
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
  const isImplied = (wide: Condition) => later.conditions.some(each => implies(each, wide))
  if (!earlier.conditions.every(isImplied)) return false
  const { models } = earlier
  if (!models) return isForPaths(earlier) || !isForPaths(later) || later.models !== undefined
  return later.models?.every(each => models.some(wide => includes(wide, each))) ?? false
}

/** Such a rule takes requests without a model, too, where it names none. */
function isForPaths({ conditions }: CompiledRule): boolean {
  return conditions.some(({ about }) => about === 'path')
}

/** Whether the wide condition holds wherever the narrow one does. */
function implies(narrow: Condition, wide: Condition): boolean {
  if (narrow.key === wide.key) return true
  if (narrow.about !== wide.about) return false
  const [inner, outer] = [narrow.demanded, wide.demanded]
  switch (wide.about) {
    case 'tokens':
      return isWithin(inner as Range, outer as Range)
    case 'listener':
      return isOfFamily(inner as string, [outer as string])
    case 'dialect':
      return (inner as readonly string[]).every(each => isOfFamily(each, outer as readonly string[]))
  }
  // A header that has to be there is there where it has to be "paid".
  return outer === true && inner !== false
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
