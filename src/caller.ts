import { defineSlot } from './exchange.ts'

/** Who asks. Both are undefined until a plugin has let somebody in. */
export interface Caller {
  /** What the operator calls the key or its owner; fit for labels and logs. */
  name: string | undefined
  /** The beginning of the key's SHA-256, which tells keys of one name apart and gives none away. */
  keyHash: string | undefined
}

/** Filled in by the plugin that knows clients by their keys, read by those that count or limit. */
export const callerSlot = defineSlot<Caller>('caller', () => ({ name: undefined, keyHash: undefined }))
