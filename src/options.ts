import type { Static, TSchema } from '@sinclair/typebox'

/** An option that may be left out: `withDefault(Type.Integer({ minimum: 1 }), 3)`. The plugin always sees a value. */
export function withDefault<S extends TSchema>(schema: S, value: Static<S>): S & { readonly default: Static<S> } {
  return { ...schema, default: value }
}
