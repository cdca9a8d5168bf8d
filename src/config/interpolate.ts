import type { Environment } from './environment.ts'
import type { Problem } from './problem.ts'
import { type ConfigSource, locate } from './source.ts'
import { isPlainObject, type Path } from './values.ts'

/**
 * Keys whose strings are templates filled in per request, such as `${request_id}`. They are left alone: a process
 * that happens to have a variable of that name must not freeze it into the config.
 */
const TEMPLATES = new Set([
  'request_headers',
  'request_body',
  'response_body',
  'provider_switch_notification',
  'switch_notification_message',
])

const REFERENCE = /\$(\$\{[^}]*\})|\$\{([^}]*)\}/g
const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/

/**
 * A data file's values with `${VAR}` and `${VAR:-default}` replaced from the environment and `$${x}` by a literal
 * `${x}`. An empty variable counts as unset. A variable that is not set is a problem, unless what needs it is disabled.
 */
export function interpolate(source: ConfigSource, env: Environment, problems: Problem[]): unknown {
  const walk = (value: unknown, path: Path, isDisabled: boolean): unknown => {
    if (typeof value === 'string') {
      return value.replace(REFERENCE, (whole, escaped: string | undefined, inner: string) => {
        if (escaped !== undefined) return escaped
        const [, name, fallback] = NAME.exec(inner) ?? []
        const found = (name && env.text(name)) || fallback
        if (found !== undefined) return found
        if (!isDisabled) problems.push({ message: unresolved(name, whole), location: locate(source, path) })
        return whole
      })
    }
    if (Array.isArray(value)) return value.map((inner, index) => walk(inner, [...path, index], isDisabled))
    if (!isPlainObject(value)) return value
    const off = isDisabled || value.enabled === false
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, TEMPLATES.has(key) ? inner : walk(inner, [...path, key], off)]),
    )
  }
  return walk(source.value, [], false)
}

function unresolved(name: string | undefined, whole: string): string {
  return name
    ? `the environment variable ${name} is not set; set it, or write \${${name}:-} to do without it`
    : `${whole} names no environment variable; write $${whole} if the text itself is meant`
}
