import { homedir } from 'node:os'
import { join } from 'node:path'

/** `~` and what is below it as a path. */
export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(2)) : path
}
