import { Module, SourceMap, type SourceMapPayload } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ConfigLocation } from '../errors.ts'

interface CompilableModule {
  filename: string
  paths: string[]
  exports: unknown
  _compile(code: string, filename: string): void
}

/** Runs a CommonJS bundle and returns what it exports. Nothing keeps the module alive but what it made. */
export function evaluateCommonJs(code: string, filename: string): unknown {
  // Stacks then name the plugin's own file and line. Only those who have a config module pay for it.
  process.setSourceMapsEnabled(true)
  const module = new Module(filename) as unknown as CompilableModule
  module.filename = filename
  module.paths = []
  module._compile(code, filename)
  return module.exports
}

/** Where in the user's own files an error came from: the topmost frame of its stack that lies in one of them. */
export function placeInStack(
  error: unknown,
  files: ReadonlySet<string>,
  code: string,
  bundle: string,
): ConfigLocation | undefined {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return undefined
  for (const [, where, lineText, columnText] of error.stack.matchAll(/^ +at (?:.*\()?(.+?):(\d+):(\d+)\)?$/gm)) {
    const [line, column] = [Number(lineText), Number(columnText)]
    const path = where!.replace(/^async /, '')
    const file = path.startsWith('file:') ? fileURLToPath(path) : path
    if (files.has(file)) return { file, line, column }
    if (file === bundle) {
      const mapped = throughMap(code, bundle, line, column)
      if (mapped) return mapped
    }
  }
  return undefined
}

function throughMap(code: string, bundle: string, line: number, column: number): ConfigLocation | undefined {
  const [, encoded] = /\n\/\/# sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)\s*$/.exec(code) ?? []
  if (encoded === undefined) return undefined
  const payload = JSON.parse(Buffer.from(encoded, 'base64').toString()) as SourceMapPayload
  const entry = new SourceMap(payload).findEntry(line - 1, column - 1)
  if (!('originalSource' in entry)) return undefined
  return {
    file: resolve(dirname(bundle), entry.originalSource),
    line: entry.originalLine + 1,
    column: entry.originalColumn + 1,
  }
}
