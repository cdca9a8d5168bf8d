import { defineSlot } from './exchange.ts'

/** Which route a request took. */
export interface RouteRecord {
  /** The id of the rule that decided; undefined where none did. */
  id: string | undefined
  /** Why, in a few words, for headers, logs and records. */
  reason: string | undefined
}

/** Filled in by the plugin that decides where requests go. */
export const routeSlot = defineSlot<RouteRecord>('route', () => ({ id: undefined, reason: undefined }))
