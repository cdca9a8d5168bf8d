import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { PluginApi } from 'lunaroute'
import { checkAliases, checkRules } from './check.ts'
import { compileRule } from './compiled-rule.ts'
import { defaultRules } from './defaults.ts'
import { DEFAULT_FILE, type RouterOptions } from './options.ts'
import { loadEngine } from './regex.ts'
import { aliasesOf, fileSchema, idOf, isNamed, nameOfPlace, type RoutesFile, rulesOf } from './rule.ts'
import { RouteTable } from './table.ts'

/** The rules as they are now. An edit of the file replaces the table; a table itself never changes. */
export interface Routes {
  readonly path: string
  readonly table: RouteTable
}

/** The config's rules and those of `routes.json`, which is watched. Those of the file stand first where priorities are equal. */
export async function openRoutes(options: RouterOptions, api: PluginApi): Promise<Routes> {
  const own = options.rules.filter(each => typeof each !== 'function')
  const ownIds = new Set(own.map(idOf))
  const fromConfig = own.map(rule => compileRule(rule, 'config'))
  let canTranslate: boolean | undefined
  const defaults = options.default_rules
    ? defaultRules(api.providers, () => {
        canTranslate ??= api.gateway.config().plugins.includes('translate')
        return canTranslate
      })
    : []
  const tableOf = (file: RoutesFile = []): RouteTable => {
    const fromFile = rulesOf(file).rules.map(rule => compileRule(rule, 'file'))
    const table = new RouteTable([...fromFile, ...fromConfig, ...defaults], { ...options.aliases, ...aliasesOf(file) })
    announceEngine(table, api)
    return table
  }
  let table: RouteTable | undefined
  const file = await api.dataFile({
    file: placeOf(options.file, api.folder),
    schema: fileSchema,
    isRequired: options.file !== DEFAULT_FILE,
    nameOf: nameOfPlace,
    check(value, names) {
      const { rules, at } = rulesOf(value)
      const repeated = rules.flatMap((rule, index) => {
        if (!isNamed(rule) || !ownIds.has(idOf(rule))) return []
        return [{ path: [...at, index], message: `the id "${idOf(rule)}" is also that of a rule of the config` }]
      })
      const aliases = { ...options.aliases, ...aliasesOf(value) }
      const problems = checkRules(rules, at, names, { rules: fromConfig, aliases })
      return [...repeated, ...problems, ...checkAliases(aliasesOf(value), ['aliases'], names)]
    },
    onChange: value => {
      table = tableOf(value)
    },
  })
  table ??= tableOf(file.value)
  return {
    path: file.path,
    get table() {
      return table!
    },
  }
}

/** A name is of a file beside the config; one that was typed may be of a file here. */
function placeOf(name: string, folder: string): string {
  const beside = resolve(folder, name)
  return name === DEFAULT_FILE || name.startsWith('~') || existsSync(beside) || !existsSync(name) ? name : resolve(name)
}

/** The port of RE2 is some forty times slower: worth a word where it is used, and to those who ask only. */
function announceEngine(table: RouteTable, api: PluginApi): void {
  const isUsed = table.rules.some(({ models }) => models?.some(({ kind }) => kind === 'regex'))
  if (isUsed && api.log.isLevelEnabled('debug')) {
    api.log.debug({ engine: loadEngine().name }, 'regular expressions of the routing rules')
  }
}
