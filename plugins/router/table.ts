import type { ProviderGroup } from 'lunaroute'
import type { CompiledRule } from './compiled-rule.ts'
import type { Facts } from './facts.ts'
import type { WrittenAliases } from './rule.ts'

/** What an alias stands for. */
export interface AliasTarget {
  readonly model: string
  readonly provider?: string
}

interface Placed {
  readonly rule: CompiledRule
  readonly order: number
}

/** Of how many models a table remembers which rules may be for them. */
const MAX_KNOWN = 1000
const MAX_NAME = 200

/**
 * Rules in the order they are asked: by priority, and by place where that is the same. Immutable. A rule for names or
 * beginnings of models, or for a header's value, is only asked about those: a thousand rules cost about as much as the few
 * that may fit.
 */
export class RouteTable {
  readonly rules: readonly CompiledRule[]
  readonly #byId = new Map<string, CompiledRule>()
  readonly #groups = new Map<string, ProviderGroup>()
  readonly #aliases: ReadonlyMap<string, AliasTarget>
  readonly #byName = new Map<string, Placed[]>()
  readonly #byBeginning = new Map<string, Placed[]>()
  readonly #byHeader = new Map<string, Map<string, Placed[]>>()
  readonly #lengths: readonly number[]
  readonly #known = new Map<string, readonly Placed[]>()
  readonly #others: Placed[] = []

  constructor(rules: readonly CompiledRule[], aliases: WrittenAliases) {
    this.rules = rules.toSorted((a, b) => b.priority - a.priority)
    const written = targetsOf(aliases)
    this.#aliases = new Map([...written.keys()].map(name => [name, endOf(name, written)]))
    for (const [order, rule] of this.rules.entries()) this.#place({ rule, order })
    this.#lengths = [...new Set([...this.#byBeginning.keys()].map(each => each.length))]
  }

  get aliases(): ReadonlyMap<string, AliasTarget> {
    return this.#aliases
  }

  byId(id: string): CompiledRule | undefined {
    return this.#byId.get(id)
  }

  ids(): Iterable<string> {
    return this.#byId.keys()
  }

  /** The providers that a name in a plan stands for, where a rule has a strategy. */
  group(name: string): ProviderGroup | undefined {
    return this.#groups.size === 0 ? undefined : this.#groups.get(name)
  }

  alias(model: string): AliasTarget | undefined {
    return this.#aliases.size === 0 ? undefined : this.#aliases.get(model)
  }

  /** The first rule that fits. */
  find(facts: Facts): CompiledRule | undefined {
    const lists = this.#candidates(facts)
    if (lists.length === 1) return lists[0]!.find(({ rule }) => rule.test(facts))?.rule
    const at = lists.map(() => 0)
    for (;;) {
      let next: Placed | undefined
      let from = 0
      for (let i = 0; i < lists.length; i++) {
        const head = lists[i]![at[i]!]
        if (head && (!next || head.order < next.order)) {
          next = head
          from = i
        }
      }
      if (!next) return undefined
      if (next.rule.test(facts)) return next.rule
      at[from]!++
    }
  }

  #place(placed: Placed): void {
    const { rule } = placed
    if (!this.#byId.has(rule.id)) this.#byId.set(rule.id, rule)
    if (rule.group) this.#groups.set(rule.group.name, rule.group)
    const { models, header } = rule
    if (models?.every(({ kind, beginning }) => kind === 'exact' || beginning !== undefined)) {
      for (const { kind, text, beginning = '' } of models) {
        if (kind === 'exact') add(this.#byName, text, placed)
        else add(this.#byBeginning, beginning, placed)
      }
    } else if (header) {
      const [name, value] = header
      const values = this.#byHeader.get(name) ?? new Map<string, Placed[]>()
      this.#byHeader.set(name, values)
      add(values, value, placed)
    } else this.#others.push(placed)
  }

  #candidates(facts: Facts): readonly (readonly Placed[])[] {
    const { model } = facts
    const lists: (readonly Placed[])[] = this.#others.length > 0 ? [this.#others] : []
    for (const [name, values] of this.#byHeader) {
      const value = facts.header(name)
      const list = value === undefined ? undefined : values.get(value)
      if (list) lists.push(list)
    }
    const called = model === undefined ? [] : this.#called(model)
    if (called.length > 0) lists.push(called)
    return lists
  }

  /** Rules for this very name or a beginning of it, in order. The same few models are asked for again and again. */
  #called(model: string): readonly Placed[] {
    const known = this.#known.get(model)
    if (known) return known
    const beginnings = this.#lengths.filter(length => length <= model.length).map(length => model.slice(0, length))
    const lists = [this.#byName.get(model), ...beginnings.map(each => this.#byBeginning.get(each))]
    const called = [...new Set(lists.flatMap(list => list ?? []))].sort((a, b) => a.order - b.order)
    // Bounded, since clients choose the names.
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    if (model.length <= MAX_NAME) this.#known.set(model, called)
    return called
  }
}

/** What each alias says. */
export function targetsOf(aliases: WrittenAliases): ReadonlyMap<string, AliasTarget> {
  return new Map(Object.entries(aliases).map(([name, to]) => [name, typeof to === 'string' ? { model: to } : to]))
}

/** What an alias comes to where it stands for another one. A circle ends before it closes. */
function endOf(name: string, aliases: ReadonlyMap<string, AliasTarget>): AliasTarget {
  const seen = new Set([name])
  let at = aliases.get(name)!
  while (at.provider === undefined && !seen.has(at.model)) {
    const next = aliases.get(at.model)
    if (!next) break
    seen.add(at.model)
    at = next
  }
  return at
}

function add(index: Map<string, Placed[]>, key: string, placed: Placed): void {
  const list = index.get(key)
  if (!list) index.set(key, [placed])
  else if (list.at(-1) !== placed) list.push(placed)
}
