import type { ConfigNames, OptionProblem } from 'lunaroute'
import type { CompiledRule } from './compiled-rule.ts'
import { listenerOf } from './rule.ts'
import type { AliasTarget } from './table.ts'

type At = readonly (string | number)[]

/** Headers that hold credentials in the dialects that there are. */
const CREDENTIALS = new Set(['authorization', 'proxy-authorization', 'x-api-key', 'x-goog-api-key'])
/** What no name of a model has, and regular expressions do. */
const OF_REGEX = /^\^|\$$|[|\\]|\.\+|\(\?/

/** Conditions of a rule that never hold, whatever is asked. */
export function checkFutility(
  { written, models = [] }: CompiledRule,
  place: At,
  names: ConfigNames,
  aliases: ReadonlyMap<string, AliasTarget>,
): OptionProblem[] {
  const { match = {} } = written
  const warnings: OptionProblem[] = []
  const warn = (path: At, message: string) => {
    warnings.push({ path: [...place, ...path], message: `is never reached: ${message}`, isWarning: true })
  }
  const { min = 0, max = Number.POSITIVE_INFINITY } = match.tokens ?? {}
  if (min > max) warn(['match', 'tokens'], `no number is at least ${min} and at most ${max}`)

  const families = [...new Set(names.dialects.flatMap(each => [each, each.split('-', 1)[0]!]))]
  const listener = listenerOf(written)
  const listeners = [...names.listeners, ...names.listeners.map(each => each.split('-', 1)[0]!), ...families]
  if (listener !== undefined && !listeners.includes(listener)) {
    const near = names.didYouMean(listener, listeners)
    warn(
      [written.listener === undefined ? 'matcher' : 'listener'],
      `no listener or dialect is called "${listener}"${near}`,
    )
  }
  const dialects = [match.dialect ?? []].flat()
  if (dialects.length > 0 && !dialects.some(each => families.includes(each))) {
    warn(['match', 'dialect'], `no dialect is called "${dialects[0]}"${names.didYouMean(dialects[0]!, families)}`)
  }
  for (const [name, demanded] of Object.entries(match.headers ?? {})) {
    if (typeof demanded === 'boolean' || !CREDENTIALS.has(name.toLowerCase())) continue
    warn(['match', 'headers', name], 'a credential is told to no rule, only whether there is one (true or false)')
  }
  const [first] = models
  const isAlias = (text: string) => aliases.has(text) && aliases.get(text)!.model !== text
  if (first && models.every(({ kind, text }) => kind === 'exact' && isAlias(text))) {
    warn(['match', 'model'], `"${first.text}" is an alias, and rules are asked about the model that it stands for`)
  }
  const odd = [match.model ?? []].flat().find(each => typeof each === 'string' && isRegexInDisguise(each))
  if (odd !== undefined) {
    warn(['match', 'model'], `"${odd}" is compared as a text; write "/${odd}/" for a regular expression`)
  }
  return warnings
}

function isRegexInDisguise(text: string): boolean {
  return !/^\/.+\/$/s.test(text) && OF_REGEX.test(text)
}
