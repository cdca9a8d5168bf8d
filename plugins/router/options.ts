import { type Static, Type, withDefault } from 'lunaroute'
import type { RouteFunction } from './router.ts'
import { aliasesSchema, ruleSchema } from './rule.ts'

// JSON Schema has no word for a function: it is what is nothing else.
const routeFunction = Type.Unsafe<RouteFunction>({
  not: { type: ['object', 'array', 'string', 'number', 'boolean', 'null'] },
})

export const DEFAULT_FILE = 'routes.json'

export const optionsSchema = Type.Object({
  file: withDefault(Type.String({ minLength: 1 }), DEFAULT_FILE),
  rules: withDefault(Type.Array(Type.Union([ruleSchema, routeFunction])), []),
  aliases: withDefault(aliasesSchema, {}),
  default_rules: withDefault(Type.Boolean(), true),
  overrides: withDefault(Type.Boolean(), true),
  markers: withDefault(Type.Boolean(), true),
  sticky_markers: withDefault(Type.Boolean(), false),
  sticky_ttl_secs: withDefault(Type.Integer({ minimum: 1 }), 86_400),
  providers: withDefault(Type.Record(Type.String(), Type.Object({ model: Type.Optional(Type.String()) })), {}),
})

export type RouterOptions = Static<typeof optionsSchema>
