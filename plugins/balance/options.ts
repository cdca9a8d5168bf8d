import { type ConfigNames, type OptionProblem, type Static, Type, withDefault } from 'lunaroute'

const STRATEGIES = [
  'ordered',
  'round-robin',
  'weighted-round-robin',
  'limits-alternative',
  'least-latency',
  'cheapest',
  'sticky',
] as const

export type StrategyName = (typeof STRATEGIES)[number]

const target = Type.Object(
  {
    provider: Type.String({ minLength: 1 }),
    model: Type.Optional(Type.String({ minLength: 1, description: 'Default: the one that is asked for.' })),
    weight: Type.Optional(Type.Number({ minimum: 0, description: 'Its share, among the weights of all. Default 1.' })),
    cost: Type.Optional(Type.Number({ minimum: 0, description: 'For `cheapest`, in any unit; else the known price.' })),
  },
  { additionalProperties: false },
)

const group = Type.Object(
  {
    targets: Type.Array(target, { minItems: 1, description: 'In order of preference, where the strategy has none.' }),
    strategy: Type.Optional(Type.Union(STRATEGIES.map(each => Type.Literal(each)))),
    models: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { description: 'Models, or patterns, it serves.' }),
    ),
    providers: Type.Optional(
      Type.Array(Type.String(), { description: 'Providers in whose place it stands in plans.' }),
    ),
    limits: Type.Optional(
      Type.Boolean({ description: 'Targets that answer 429 are left out for a while, and the next one is asked.' }),
    ),
    exponential_backoff_base_secs: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    by: Type.Optional(
      Type.Array(Type.Union([Type.Literal('session'), Type.Literal('user'), Type.Literal('prefix')]), {
        minItems: 1,
        description: 'What `sticky` keeps together; the first that a request has.',
      }),
    ),
  },
  { additionalProperties: false },
)

const keys = Type.Object(
  {
    rotation: Type.Optional(Type.Union([Type.Literal('round-robin'), Type.Literal('first'), Type.Literal('sticky')])),
    dead_secs: Type.Optional(Type.Number({ minimum: 0, description: '0: until a reload.' })),
    cool_down_secs: Type.Optional(Type.Number({ minimum: 0 })),
  },
  { additionalProperties: false },
)

export const options = Type.Object({
  groups: withDefault(Type.Record(Type.String({ minLength: 1 }), group), {}),
  keys: withDefault(keys, {}),
})

export type TargetOptions = Static<typeof target>
export type GroupOptions = Static<typeof group>
export type KeyOptions = Static<typeof keys>
export type BalanceOptions = Static<typeof options>

/** Names that nothing has, and places that two groups claim. */
export function problemsOf(
  { groups }: BalanceOptions,
  { providers, didYouMean }: ConfigNames,
): readonly OptionProblem[] {
  const problems: OptionProblem[] = []
  const owners = new Map<string, string>()
  const known = (name: string, path: OptionProblem['path']) => {
    if (providers.includes(name)) return
    problems.push({ path, message: `no provider is called "${name}"${didYouMean(name, providers)}` })
  }
  const claim = (what: string, name: string, path: OptionProblem['path']) => {
    const owner = owners.get(what)
    if (owner === undefined) owners.set(what, name)
    else problems.push({ path, message: `is claimed by the group "${owner}", too` })
  }
  for (const [name, { targets, providers: places = [], models = [] }] of Object.entries(groups)) {
    if (providers.includes(name)) problems.push({ path: ['groups', name], message: 'is the name of a provider' })
    for (const [i, each] of targets.entries()) known(each.provider, ['groups', name, 'targets', i, 'provider'])
    for (const [i, each] of places.entries()) {
      known(each, ['groups', name, 'providers', i])
      claim(`provider ${each}`, name, ['groups', name, 'providers', i])
    }
    for (const [i, each] of models.entries()) claim(`model ${each}`, name, ['groups', name, 'models', i])
  }
  return problems
}
