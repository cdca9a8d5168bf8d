import type { Position } from './source.ts'
import type { Path } from './values.ts'

interface Entry extends Position {
  readonly path: Path
}

/** Where a key stands in a TOML text. smol-toml gives values without positions, so headers and keys are read here. */
export function locateInToml(text: string, path: Path): Position | undefined {
  const entries = entriesOf(text)
  for (let length = path.length; length > 0; length--) {
    const wanted = path.slice(0, length).join('\0')
    const entry = entries.find(({ path: found }) => found.slice(0, length).join('\0') === wanted)
    if (entry) return { line: entry.line, column: entry.column }
  }
  return undefined
}

const KEY = String.raw`(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)`
const KEYS = String.raw`${KEY}(?:\s*\.\s*${KEY})*`
const HEADER = new RegExp(String.raw`^(\s*\[\[?\s*)(${KEYS})\s*\]\]?\s*(?:#.*)?$`)
const PAIR = new RegExp(String.raw`^(\s*)(${KEYS})\s*=(.*)$`)

function entriesOf(text: string): Entry[] {
  const entries: Entry[] = []
  const tables = new Map<string, number>()
  let table: Path = []
  let closing: string | undefined
  for (const [index, line] of text.split('\n').entries()) {
    if (closing !== undefined) {
      if (line.includes(closing)) closing = undefined
      continue
    }
    const header = HEADER.exec(line)
    const match = header ?? PAIR.exec(line)
    if (!match) continue
    const keys = (match[2]!.match(new RegExp(KEY, 'g')) ?? []).map(unquote)
    if (header) table = header[1]!.includes('[[') ? nextOf(keys, tables) : withIndexes(keys, tables)
    else closing = unclosedString(match[3]!)
    entries.push({ path: header ? table : [...table, ...keys], line: index + 1, column: match[1]!.length + 1 })
  }
  return entries
}

/** The path of one more element of an array of tables. */
function nextOf(keys: readonly string[], tables: Map<string, number>): Path {
  const name = keys.join('\0')
  tables.set(name, (tables.get(name) ?? -1) + 1)
  return withIndexes(keys, tables)
}

/** `[plugins.options]` below `[[plugins]]` belongs to its last element. */
function withIndexes(keys: readonly string[], tables: ReadonlyMap<string, number>): Path {
  return keys.flatMap((key, depth) => {
    const index = tables.get(keys.slice(0, depth + 1).join('\0'))
    return index === undefined ? [key] : [key, index]
  })
}

function unclosedString(value: string): string | undefined {
  for (const quotes of ['"""', "'''"]) {
    if (value.trimStart().startsWith(quotes) && value.split(quotes).length === 2) return quotes
  }
  return undefined
}

function unquote(key: string): string {
  if (key.startsWith('"')) return JSON.parse(key) as string
  return key.startsWith("'") ? key.slice(1, -1) : key
}
