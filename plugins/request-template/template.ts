import { isObject } from 'lunaroute/neutral'

/** What the variables of one request stand for. */
export interface Values {
  readonly request_id: string
  /** Empty where the client names no session. */
  readonly session_id: string
  readonly provider: string
  readonly model: string
  /** RFC 3339, UTC. */
  readonly timestamp: string
  readonly client_ip: string
  readonly user_agent: string
  readonly cached: string
}

const NAMES: ReadonlySet<string> = new Set<keyof Values>([
  'request_id',
  'session_id',
  'provider',
  'model',
  'timestamp',
  'client_ip',
  'user_agent',
  'cached',
])

/** A template, ready to be filled in. */
export type Template<T> = (values: Values) => T

/** The value of an environment variable that may be shown; undefined for any other. */
export type Environment = (name: string) => string | undefined

const REFERENCE = /\$(\$\{[^}]*\})|\$\{([^}]*)\}/g

/** `$${x}` is the text `${x}`; a variable that is unknown, or may not be shown, stays as it is written. */
export function textTemplate(text: string, env: Environment): Template<string> {
  const parts: (string | keyof Values)[] = []
  let literal = ''
  let end = 0
  for (const match of text.matchAll(REFERENCE)) {
    const [whole, escaped, name = ''] = match
    literal += text.slice(end, match.index)
    end = match.index + whole.length
    if (escaped !== undefined) literal += escaped
    else if (name.startsWith('env.')) literal += env(name.slice(4)) ?? whole
    else if (!NAMES.has(name)) literal += whole
    else {
      parts.push(literal, name as keyof Values)
      literal = ''
    }
  }
  literal += text.slice(end)
  if (parts.length === 0) return () => literal
  // Literals and names take turns.
  return values => parts.map((part, i) => (i % 2 === 0 ? part : values[part as keyof Values])).join('') + literal
}

/** A JSON value, with every text in it a template. */
export function jsonTemplate(value: unknown, env: Environment): Template<unknown> {
  if (typeof value === 'string') return textTemplate(value, env)
  if (Array.isArray(value)) {
    const items = value.map(item => jsonTemplate(item, env))
    return values => items.map(item => item(values))
  }
  if (!isObject(value)) return () => value
  const fields = Object.entries(value).map(([key, inner]) => [key, jsonTemplate(inner, env)] as const)
  return values => Object.fromEntries(fields.map(([key, inner]) => [key, inner(values)]))
}
