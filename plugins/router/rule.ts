import { type Static, Type } from 'lunaroute'

/** Closed on its own account, too: the command line checks rules that no config holds. */
const closed = <P extends Parameters<typeof Type.Object>[0]>(properties: P) =>
  Type.Object(properties, { additionalProperties: false })

const word = Type.String({ minLength: 1 })
const regex = closed({ regex: word })

/** Text: exact, a glob with `*` and `?`, `/a regular expression/` or `{ regex }`. True: it is there; false: it is not. */
const text = Type.Union([Type.String(), Type.Boolean(), regex])
const texts = Type.Record(word, text)

const oneModel = Type.Union([word, regex])

const match = closed({
  model: Type.Optional(Type.Union([word, regex, Type.Array(oneModel, { minItems: 1 })])),
  headers: Type.Optional(texts),
  query: Type.Optional(texts),
  path: Type.Optional(oneModel),
  dialect: Type.Optional(Type.Union([word, Type.Array(word, { minItems: 1 })])),
  metadata: Type.Optional(texts),
  tokens: Type.Optional(
    closed({
      min: Type.Optional(Type.Integer({ minimum: 0 })),
      max: Type.Optional(Type.Integer({ minimum: 0 })),
    }),
  ),
  has_images: Type.Optional(Type.Boolean()),
  has_tools: Type.Optional(Type.Boolean()),
  stream: Type.Optional(Type.Boolean()),
})

const target = closed({ provider: word, model: Type.Optional(word) })

const milliseconds = Type.Optional(Type.Integer({ minimum: 1 }))

const options = closed({
  strip_unsupported_tools: Type.Optional(Type.Boolean()),
  timeout_ms: milliseconds,
  connect_timeout_ms: milliseconds,
  first_byte_timeout_ms: milliseconds,
  idle_timeout_ms: milliseconds,
  fallback_on: Type.Optional(Type.Array(Type.Integer({ minimum: 400, maximum: 599 }))),
})

const place = Type.Union([word, target, closed({ id: word, model: Type.Optional(word) })])
const places = Type.Array(place, { minItems: 1 })
const weighted = closed({
  id: Type.Optional(word),
  provider: Type.Optional(word),
  model: Type.Optional(word),
  weight: Type.Number({ minimum: 0 }),
})

/** How requests are spread over several providers, in the place of one target. */
const strategy = Type.Union([
  closed({ type: Type.Literal('round-robin'), providers: places }),
  closed({ type: Type.Literal('weighted-round-robin'), providers: Type.Array(weighted, { minItems: 1 }) }),
  closed({
    type: Type.Literal('limits-alternative'),
    primary_providers: places,
    alternative_providers: Type.Optional(places),
    exponential_backoff_base_secs: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  }),
])

/** The shortest way to write a strategy, with the `weights` of the rule: by provider. */
const strategyName = Type.Union([Type.Literal('weighted_round_robin'), Type.Literal('weighted-round-robin')])

/** The longer way to write `model_pattern` and `listener`. */
const matcher = closed({
  type: Type.Optional(Type.Union([Type.Literal('model'), Type.Literal('listener'), Type.Literal('always')])),
  pattern: Type.Optional(word),
  model_pattern: Type.Optional(word),
  listener: Type.Optional(word),
})

/** A rule as it is written: in `routes.json`, or the shorter form of a config's `routing.rules`. */
export const ruleSchema = closed({
  id: Type.Optional(word),
  name: Type.Optional(word),
  priority: Type.Optional(Type.Integer()),
  listener: Type.Optional(word),
  match: Type.Optional(match),
  target: Type.Optional(target),
  fallbacks: Type.Optional(Type.Array(Type.Union([word, target]))),
  options: Type.Optional(options),
  model_pattern: Type.Optional(word),
  primary: Type.Optional(word),
  strategy: Type.Optional(Type.Union([strategy, strategyName])),
  weights: Type.Optional(Type.Record(word, Type.Number({ minimum: 0 }))),
  matcher: Type.Optional(matcher),
})

const aliasTarget = Type.Union([word, closed({ model: word, provider: Type.Optional(word) })])
export const aliasesSchema = Type.Record(word, aliasTarget)

const table = closed({
  $schema: Type.Optional(Type.String()),
  rules: Type.Optional(Type.Array(ruleSchema)),
  aliases: Type.Optional(aliasesSchema),
})

/** What `routes.json` holds: a list of rules, or an object with `rules` and `aliases`. */
export const fileSchema = Type.Union([Type.Array(ruleSchema), table])

export type WrittenRule = Static<typeof ruleSchema>
export type WrittenMatch = Static<typeof match>
export type WrittenStrategy = Static<typeof strategy>
export type WrittenText = Static<typeof text>
export type WrittenTarget = Static<typeof target>
export type WrittenAliases = Static<typeof aliasesSchema>
export type RoutesFile = Static<typeof fileSchema>

/** The rules of a file, and the step before their index in the paths of its places. */
export function rulesOf(file: RoutesFile): { readonly rules: readonly WrittenRule[]; readonly at: readonly string[] } {
  return Array.isArray(file) ? { rules: file, at: [] } : { rules: file.rules ?? [], at: ['rules'] }
}

export function aliasesOf(file: RoutesFile): WrittenAliases {
  return Array.isArray(file) ? {} : (file.aliases ?? {})
}

export const DEFAULT_PRIORITY = 10

/** How a rule is called: in headers, logs, metrics and errors. */
export function idOf({ id, name, priority = DEFAULT_PRIORITY }: WrittenRule): string {
  return id ?? name ?? `rule_priority_${priority}`
}

/** Whether its id is its own. Those that are made up may be shared: the first in the order is meant. */
export function isNamed({ id, name }: WrittenRule): boolean {
  return (id ?? name) !== undefined
}

/** How a rule spreads its requests; undefined where it does not. */
export function strategyOf({ strategy: written, weights = {} }: WrittenRule): WrittenStrategy | undefined {
  if (typeof written !== 'string') return written
  const providers = Object.entries(weights).map(([provider, weight]) => ({ provider, weight }))
  return { type: 'weighted-round-robin', providers }
}

/** Where a rule sends to first; undefined where it does not say. With a strategy that is the name of its group. */
export function targetOf(rule: WrittenRule): WrittenTarget | undefined {
  const { target: written, primary, strategy } = rule
  if (written) return written
  if (primary !== undefined) return { provider: primary }
  return strategy && { provider: groupNameOf(rule) }
}

/** How plans name the providers of a rule's strategy. */
export function groupNameOf(rule: WrittenRule): string {
  return `rule:${idOf(rule)}`
}

/** A `model_pattern`, wherever it is written. */
export function modelPatternOf({ model_pattern, matcher }: WrittenRule): string | undefined {
  return model_pattern ?? matcher?.model_pattern ?? matcher?.pattern
}

/** The listener or dialect a rule is for. LunaRoute writes them in capitals in its matchers. */
export function listenerOf({ listener, matcher }: WrittenRule): string | undefined {
  return listener ?? matcher?.listener?.toLowerCase()
}

export function fallbacksOf({ fallbacks = [] }: Fallbacks): readonly WrittenTarget[] {
  return fallbacks.map(each => (typeof each === 'string' ? { provider: each } : each))
}

/** `rule "big"`, for a place inside one. */
export function nameOfPlace(value: unknown, path: readonly (string | number)[]): string | undefined {
  const list = Array.isArray(value) ? value : (value as { readonly rules?: unknown } | null)?.rules
  const index = path.find(step => typeof step === 'number')
  if (!Array.isArray(list) || index === undefined) return undefined
  const rule: unknown = list[index]
  return typeof rule === 'object' && rule !== null ? `rule "${idOf(rule as WrittenRule)}"` : undefined
}

interface Fallbacks {
  readonly fallbacks?: readonly (string | WrittenTarget)[]
}
