import type { Problem } from './problem.ts'
import { type ConfigSource, locate } from './source.ts'
import { copyOf, dotted, isPlainObject, type Path, valueAt } from './values.ts'

/** Keys that the documents spell otherwise; `*` is any name. */
const SPELLINGS: readonly (readonly [written: readonly string[], meant: readonly string[]])[] = [
  [['server', 'host'], ['host']],
  [['server', 'port'], ['port']],
  [
    ['server', 'log_level'],
    ['logging', 'level'],
  ],
  [
    ['server', 'log_format'],
    ['logging', 'format'],
  ],
  [
    ['providers', '*', 'timeout_seconds'],
    ['providers', '*', 'http_client', 'timeout_secs'],
  ],
  [['routing', 'circuit_breaker'], ['circuit_breaker']],
  [['routing', 'health_monitor'], ['provider_health']],
  [['health_monitor'], ['provider_health']],
  [
    ['provider_health', 'failure_window_secs'],
    ['provider_health', 'window_secs'],
  ],
  [['session_recording', 'jsonl'], ['session_jsonl']],
  [['session_recording', 'pii'], ['pii']],
  [['session_recording', 'sqlite'], ['session_sqlite']],
  [['session_stats_max_sessions'], ['session_stats', 'max_sessions']],
]

type Table = Record<string, unknown>

/** A config with each key where the schema has it. Its places stay those where it was written. */
export function respell(source: ConfigSource, problems: Problem[]): ConfigSource {
  const value = copyOf(source.value) as Table
  const moves: { readonly from: Path; readonly to: Path }[] = []
  for (const [written, meant] of SPELLINGS) {
    const names = written.includes('*') && isPlainObject(value.providers) ? Object.keys(value.providers) : ['']
    for (const name of names) {
      const from = filled(written, name)
      const to = filled(meant, name)
      const moved = valueAt(value, from)
      if (moved === undefined) continue
      if (valueAt(value, to) !== undefined) {
        const message = `says the same as ${dotted(to)}; keep one of them`
        problems.push({ message, location: locate(source, from) })
      } else if (put(value, to, moved)) moves.push({ from, to })
      delete (valueAt(value, from.slice(0, -1)) as Table)[from.at(-1)!]
    }
  }
  closeServer(value, source, problems)
  if (moves.length === 0) return { ...source, value }
  return { ...source, value, written: path => writtenPath(path, moves, source.value) }
}

function filled(path: readonly string[], name: string): readonly string[] {
  return path.map(step => (step === '*' ? name : step))
}

/** Sets a value below tables, which are made where there are none. False where something else stands in the way. */
function put(root: Table, path: readonly string[], value: unknown): boolean {
  let table = root
  for (const step of path.slice(0, -1)) {
    table[step] ??= {}
    const inner = table[step]
    // The schema tells what is wrong with it.
    if (!isPlainObject(inner)) return false
    table = inner
  }
  table[path.at(-1)!] = value
  return true
}

/** `server` is only another place for keys of the core: nothing may be left in it. */
function closeServer(value: Table, source: ConfigSource, problems: Problem[]): void {
  const { server } = value
  if (server !== null && !isPlainObject(server)) return
  const known = SPELLINGS.flatMap(([[first, key]]) => (first === 'server' ? [key!] : []))
  for (const key of Object.keys(server ?? {})) {
    const message = `unknown key "${key}"; known are ${known.join(', ')}`
    problems.push({ message, location: locate(source, ['server', key]) })
  }
  delete value.server
}

function writtenPath(path: Path, moves: readonly { readonly from: Path; readonly to: Path }[], written: unknown): Path {
  const move = moves.find(({ to }) => to.every((step, index) => step === path[index]))
  if (move) return [...move.from, ...path.slice(move.to.length)]
  // A table that was made for what moved into it stands where that was written.
  const inner = moves.find(({ to }) => path.every((step, index) => step === to[index]))
  return inner && valueAt(written, path) === undefined ? inner.from : path
}
