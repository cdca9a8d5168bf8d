import type { TSchema } from '@sinclair/typebox'
import { coerce } from './coerce.ts'
import { DOCUMENTED_VARIABLES } from './documented.ts'
import type { Problem } from './problem.ts'
import { didYouMean, suggest } from './suggest.ts'
import { validate } from './validate.ts'

/** The environment with the command line's overrides laid over it. An empty variable counts as unset. */
export class Environment {
  readonly #variables: ReadonlyMap<string, string>
  readonly #asked = new Set<string>(['LUNAROUTE_CONFIG', 'LUNAROUTE_CONFIG_DIR'])

  constructor(env: NodeJS.ProcessEnv, overrides: Readonly<Record<string, string | undefined>> = {}) {
    const merged = Object.entries({ ...env, ...present(overrides) })
    this.#variables = new Map(merged.filter((entry): entry is [string, string] => Boolean(entry[1])))
  }

  /** A variable's text, or undefined. */
  text(name: string): string | undefined {
    this.#asked.add(name)
    return this.#variables.get(name)
  }

  /** A variable's value, of the kind its schema wants. One of the wrong kind is a problem that names the variable. */
  value(name: string, schema: TSchema | undefined, problems: Problem[]): unknown {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = coerce(text, schema)
    const mismatches = schema ? validate(schema, value) : []
    for (const { message } of mismatches) {
      problems.push({ message: `the environment variable ${name} ${message.replace(/, is a string$/, '')}` })
    }
    return mismatches.length > 0 ? undefined : value
  }

  /** Every variable whose name begins so, in order of their names. */
  startingWith(prefix: string): readonly (readonly [name: string, text: string])[] {
    const found = [...this.#variables].filter(([name]) => name.startsWith(prefix))
    for (const [name] of found) this.#asked.add(name)
    return found.sort(([a], [b]) => (a < b ? -1 : 1))
  }

  /** One remark for each LUNAROUTE_ variable that is set and that nothing has asked for. */
  remarks(): string[] {
    const unread = [...this.#variables.keys()].filter(name => name.startsWith('LUNAROUTE_') && !this.#asked.has(name))
    return unread.sort().map(name => {
      if (DOCUMENTED_VARIABLES.has(name)) return `${name} is set, but no loaded plugin reads it`
      const provider = PROVIDER_VARIABLE.exec(name)?.[1]
      const known = [...this.#asked, ...DOCUMENTED_VARIABLES].filter(each => each.startsWith('LUNAROUTE_'))
      if (provider && !suggest(name, known)) {
        return `${name} is set, but there is no provider "${provider.toLowerCase()}"`
      }
      return `${name} is set, but nothing reads it${didYouMean(name, known)}`
    })
  }
}

/** What follows the provider's name in the variables of its HTTP client, and the key of `http_client` each sets. */
export const CLIENT_VARIABLES = {
  TIMEOUT_SECS: 'timeout_secs',
  CONNECT_TIMEOUT_SECS: 'connect_timeout_secs',
  POOL_MAX_IDLE: 'pool_max_idle_per_host',
  POOL_IDLE_TIMEOUT: 'pool_idle_timeout_secs',
  POOL_IDLE_TIMEOUT_SECS: 'pool_idle_timeout_secs',
  TCP_KEEPALIVE_SECS: 'tcp_keepalive_secs',
  MAX_RETRIES: 'max_retries',
  ENABLE_POOL_METRICS: 'enable_pool_metrics',
} as const

const PROVIDER_VARIABLE = new RegExp(`^LUNAROUTE_(.+?)_(?:${Object.keys(CLIENT_VARIABLES).join('|')})$`)

function present(overrides: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(overrides).filter((entry): entry is [string, string] => Boolean(entry[1])))
}
