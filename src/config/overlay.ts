import type { Environment } from './environment.ts'
import { dotted, isPlainObject, type Path } from './values.ts'

/**
 * A config with environment variables laid over it: after the prefix, `__` stands for each step down. A step finds the
 * key it names whatever its case and punctuation (`GPT_4` is `gpt-4`), else it makes one in lower case; a number finds
 * an element of a list. `origins` is told which variable set which key.
 */
export function overlay(value: unknown, prefix: string, env: Environment, origins: Map<string, string>): unknown {
  return env.startingWith(prefix).reduce((under, [name, text]) => {
    const steps = name.slice(prefix.length).split('__')
    if (steps.includes('')) return under
    return set(under, steps, text, path => origins.set(dotted(path), name))
  }, value)
}

function set(
  under: unknown,
  [step, ...rest]: readonly string[],
  text: string,
  tell: (path: Path) => void,
  path: Path = [],
): unknown {
  if (step === undefined) {
    tell(path)
    return text
  }
  if (Array.isArray(under) || (under === undefined && /^\d+$/.test(step))) {
    const list = [...((under as readonly unknown[] | undefined) ?? [])]
    const index = /^\d+$/.test(step) ? Math.min(Number(step), list.length) : list.length
    list[index] = set(list[index], rest, text, tell, [...path, index])
    return list
  }
  const table = isPlainObject(under) ? under : {}
  const key = Object.keys(table).find(each => fold(each) === fold(step)) ?? step.toLowerCase()
  return { ...table, [key]: set(table[key], rest, text, tell, [...path, key]) }
}

function fold(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9]/g, '_')
}
