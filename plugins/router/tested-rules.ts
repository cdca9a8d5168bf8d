import { resolve } from 'node:path'
import { type PluginApi, Type } from 'lunaroute'
import { checkAliases, checkRules } from './check.ts'
import { type CompiledRule, compileRule } from './compiled-rule.ts'
import {
  aliasesOf,
  fileSchema,
  nameOfPlace,
  ruleSchema,
  rulesOf,
  type WrittenAliases,
  type WrittenRule,
} from './rule.ts'

/** What is tried before it is written anywhere. The rules stand before all others, and the aliases win over others. */
export interface Tested {
  readonly rules: readonly CompiledRule[]
  readonly aliases: WrittenAliases
}

/** Reads a rule, a list of rules or a whole `routes.json`. Rejects with a located ConfigError where it is none. */
export async function readTested(path: string, api: PluginApi): Promise<Tested> {
  const file = resolve(path)
  const { value: written } = await api.dataFile({ file, schema: Type.Unknown(), isRequired: true })
  if (!isTable(written)) {
    const { value } = await api.dataFile({
      file,
      schema: ruleSchema,
      isRequired: true,
      check: (rule, names) =>
        checkRules([rule], [], names).map(problem => ({ ...problem, path: problem.path.slice(1) })),
    })
    return { rules: [tested(value!)], aliases: {} }
  }
  const { value = [] } = await api.dataFile({
    file,
    schema: fileSchema,
    isRequired: true,
    nameOf: nameOfPlace,
    check(value, names) {
      const { rules, at } = rulesOf(value)
      return [...checkRules(rules, at, names), ...checkAliases(aliasesOf(value), ['aliases'], names)]
    },
  })
  return { rules: rulesOf(value).rules.map(tested), aliases: aliasesOf(value) }
}

/** A rule alone is a list of one: no key of it is a table's. */
function isTable(written: unknown): boolean {
  return Array.isArray(written) || (typeof written === 'object' && written !== null && KEYS.some(key => key in written))
}

const KEYS = ['rules', 'aliases']

function tested(rule: WrittenRule): CompiledRule {
  return compileRule({ ...rule, id: rule.id ?? rule.name ?? 'tested', priority: Number.MAX_SAFE_INTEGER }, 'tested')
}
