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

  /** Later numbers take the place of earlier ones; what is absent stays as it was. */
  add(usage: Usage | undefined): void {
    if (!usage) return
    const given = Object.entries(usage).filter(([, value]) => value !== undefined)
    this.#usage = { ...this.#usage, ...Object.fromEntries(given) }
  }
}

/** The usage of an exchange: filled in while its answer passes. */
export const usageSlot = defineSlot<UsageRecord>('usage', () => new UsageRecord())
