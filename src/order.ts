import { ConfigError } from './errors.ts'
import type { Order } from './plugin.ts'

const STAGES = { early: -1, normal: 0, late: 1 } as const

export interface Ordered extends Order {
  readonly plugin: string
}

/** List order, then stage, then before and after. A name that is not installed, and a cycle, are errors. */
export function order<T extends Ordered>(taps: readonly T[], installed: ReadonlySet<string>): T[] {
  for (const { plugin, stage = 'normal' } of taps) {
    if (!(stage in STAGES)) throw new ConfigError(`plugin "${plugin}" has an unknown stage "${stage}"`, { plugin })
  }
  const staged = [...taps].sort((a, b) => STAGES[a.stage ?? 'normal'] - STAGES[b.stage ?? 'normal'])
  const predecessors = new Map<T, T[]>(staged.map(tap => [tap, []]))
  for (const tap of staged) {
    for (const name of tap.before ?? []) {
      const other = find(name, tap)
      if (other) predecessors.get(other)!.push(tap)
    }
    for (const name of tap.after ?? []) {
      const other = find(name, tap)
      if (other) predecessors.get(tap)!.push(other)
    }
  }
  const done = new Set<T>()
  for (const tap of staged) visit(tap, [])
  return [...done]

  function find(name: string, from: T): T | undefined {
    if (!installed.has(name)) {
      throw new ConfigError(`plugin "${from.plugin}" is ordered relative to "${name}", which is not installed`, {
        plugin: from.plugin,
      })
    }
    return staged.find(tap => tap.plugin === name)
  }

  function visit(tap: T, path: readonly T[]): void {
    if (done.has(tap)) return
    if (path.includes(tap)) {
      const names = [...path.slice(path.indexOf(tap)), tap].map(each => `"${each.plugin}"`)
      throw new ConfigError(`plugins cannot be ordered: ${names.join(' waits for ')}`)
    }
    for (const earlier of predecessors.get(tap)!) visit(earlier, [...path, tap])
    done.add(tap)
  }
}
