import { Value } from '@sinclair/typebox/value'
import { GatewayError } from 'lunaroute'
import { type CompiledRule, compileRule } from './compiled-rule.ts'
import { targetsOf } from './group.ts'
import { fileSchema, rulesOf, targetOf } from './rule.ts'

/** Rules that are tried before they are written anywhere: they stand before all others. Throws a GatewayError. */
export function testedRules(given: unknown, providers: readonly string[]): readonly CompiledRule[] {
  // A rule alone is a list of one; any key but `rules` and `aliases` tells that it is a rule.
  const isTable = Array.isArray(given) || (typeof given === 'object' && given !== null && 'rules' in given)
  const list = isTable ? given : [given]
  if (!Value.Check(fileSchema, list)) {
    const [problem] = [...Value.Errors(fileSchema, list)].flatMap(error => [
      error,
      ...error.errors.flatMap(each => [...each]),
    ])
    throw refusal(`the rule to test is not one: ${problem ? `${problem.path || '/'} ${problem.message}` : 'see docs'}`)
  }
  return rulesOf(list).rules.map(rule => {
    const targets = rule.strategy ? targetsOf(rule.strategy) : [targetOf(rule)]
    if (!targets.every(each => each && providers.includes(each.provider))) {
      throw refusal(`the rule to test names no provider of this gateway; there are ${providers.join(', ')}`)
    }
    try {
      return compileRule({ ...rule, id: rule.id ?? rule.name ?? 'tested', priority: Number.MAX_SAFE_INTEGER }, 'tested')
    } catch (error) {
      throw refusal(`the rule to test has a bad regular expression: ${(error as Error).message}`)
    }
  })
}

function refusal(message: string): GatewayError {
  return new GatewayError('LR_BAD_REQUEST', 400, message)
}
