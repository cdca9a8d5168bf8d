import { dirname } from 'node:path'
import type { ConfigLocation } from '../errors.ts'
import { dotted, type Path } from './values.ts'

/** A point in a text. Counts from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A configuration as it was written, and where each of its keys stands. */
export interface ConfigSource {
  /** Null for the embedded defaults. */
  readonly file: string | null
  /** What relative paths in it are relative to. */
  readonly folder: string
  /** JSON, YAML or TOML: its values are data, and `${VAR}` in them is an environment variable. */
  readonly isData: boolean
  readonly value: unknown
  /** The environment variables that set keys, by `dotted` path. */
  readonly origins?: ReadonlyMap<string, string>
  /** How a key was spelled, where the config spells it otherwise than the schema. */
  written?(path: Path): Path
  /** Where a key stands, or the nearest thing around it that is known. */
  position(path: Path): Position | undefined
}

/** The location of a key, for an error or a warning. */
export function locate(source: ConfigSource, path: Path): ConfigLocation | undefined {
  if (source.file === null) return undefined
  const written = source.written?.(path) ?? path
  const key = dotted(written)
  const variable = source.origins?.get(key)
  // It does not stand in the file, or is not what stands there.
  if (variable !== undefined) return { file: source.file, key: `${key} (set by ${variable})` }
  return { file: source.file, ...source.position(written), ...(key ? { key } : {}) }
}

/** `file:line key: message`, as a warning says it. */
export function remark(source: ConfigSource, path: Path, message: string): string {
  const at = locate(source, path)
  if (!at) return message
  return `${at.file}${at.line ? `:${at.line}` : ''} ${at.key ?? ''}: ${message}`
}

/** Used when there is no config file. */
export function embeddedDefaults(cwd: string): ConfigSource {
  return { file: null, folder: cwd, isData: false, value: {}, position: () => undefined }
}

/** A config that code made. The position of a key is where the text first spells it, which is nearly always right. */
export function moduleSource(file: string, value: unknown, text: string): ConfigSource {
  return {
    file,
    folder: dirname(file),
    isData: false,
    value,
    position(path) {
      let from = 0
      let found: number | undefined
      for (const step of path) {
        if (typeof step === 'number') continue
        const key = step.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
        const match = new RegExp(`(?:^|[\\s{,[(])(['"]?)(${key})\\1\\s*(?::|[,}]|\\()`, 'g')
        match.lastIndex = from
        const hit = match.exec(text)
        if (!hit) break
        found = hit.index + hit[0].indexOf(step)
        from = found + step.length
      }
      return found === undefined ? undefined : positionAt(text, found)
    },
  }
}

/** The line and column of an offset. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: offset - lineStart + 1 }
}
