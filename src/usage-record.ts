import { defineSlot } from './exchange.ts'
import type { Usage } from './neutral/usage.ts'

/** The tokens of an answer, as far as they have been told. */
export class UsageRecord {
  /** Whether a plugin that reads the provider's answer tells of it, so that nobody else needs to. */
  isTold = false
  #usage: Usage | undefined

  /** Undefined until the provider has said something. */
  get usage(): Usage | undefined {
    return this.#usage
  }

  /** An attempt begins: what an earlier one was told of is forgotten. `isTold` is whether somebody tells of this one. */
  begin(isTold: boolean): void {
    this.isTold = isTold
    this.#usage = undefined
  }

  /**
   * Later numbers take the place of earlier ones; what is absent stays as it was. Numbers become whole and not less than
   * nothing, and those that count no tokens (1e300) are as good as absent: they would spoil every sum.
   */
  add(usage: Usage | undefined): void {
    if (!usage) return
    const counts: Record<string, unknown> = { ...this.#usage }
    for (const [name, value] of Object.entries(usage)) {
      if (value === undefined) continue
      if (typeof value !== 'number') counts[name] = value
      else if (Math.abs(value) <= MOST_TOKENS) counts[name] = Math.max(0, Math.round(value))
    }
    this.#usage = counts
  }
}

/** More than any answer has. */
const MOST_TOKENS = 1e9

/** The usage of an exchange: filled in while its answer passes. */
export const usageSlot = defineSlot<UsageRecord>('usage', () => new UsageRecord())
