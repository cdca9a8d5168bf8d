import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * The file: URL of a module beside the one that asks, for worker threads and child processes to import:
 * `moduleUrl(import.meta.url, './worker.ts')`. In a built package that is the `.js` the module was built into. Where
 * LunaRoute's own sources ask, as in tests, it is the one in `dist`: not every Node runs TypeScript. Elsewhere it is the
 * file that was named.
 */
export function moduleUrl(from: string, path: string): string {
  if (!from.endsWith('.ts')) return new URL(path.replace(/\.ts$/, '.js'), from).href
  const url = new URL(path, from).href
  const root = lunarouteSeenFrom(from)
  if (root === undefined) return url
  const built = join(root, 'dist', relative(root, fileURLToPath(url)).replace(/\.ts$/, '.js'))
  return existsSync(built) ? pathToFileURL(built).href : url
}

/** The folder of the package: its own for its sources, an installed one for others. */
function lunarouteSeenFrom(from: string): string | undefined {
  try {
    return dirname(createRequire(from).resolve('lunaroute/package.json'))
  } catch {
    return undefined
  }
}
