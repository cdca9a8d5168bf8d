import { extname } from 'node:path'

/** In order of preference, without their dots. */
export const MODULE_EXTENSIONS = ['ts', 'mts', 'js', 'mjs', 'cjs']
export const DATA_EXTENSIONS = ['json', 'yaml', 'yml', 'toml']

/** What a file's name says it holds: TypeScript or JavaScript, or JSON, YAML or TOML. */
export function fileKind(file: string): 'module' | 'data' | undefined {
  const extension = extname(file).slice(1)
  if (DATA_EXTENSIONS.includes(extension)) return 'data'
  return MODULE_EXTENSIONS.includes(extension) || extension === 'cts' ? 'module' : undefined
}
