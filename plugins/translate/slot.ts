import { defineSlot } from 'lunaroute'
import type { Diagnostic } from 'lunaroute/neutral'

/** What became of an exchange that was translated. */
export interface TranslationRecord {
  readonly client: string
  readonly target: string
  readonly provider: string
  readonly diagnostics: readonly Diagnostic[]
}

/** The last translation of an exchange, for recording; null where there was none. */
export const translationSlot = defineSlot<{ last: TranslationRecord | null }>('translation', () => ({ last: null }))
