import { chmodSync, lstatSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import lockfile from 'proper-lockfile'

const LOCK = '.lock'
const OWNER = '.lock-owner'
/** After so many milliseconds without a sign of life a lock counts as left behind. */
const STALE = 10_000

export interface Lock {
  /** Why it is no longer held, once it is not. */
  readonly lost: string | undefined
  release(): void
}

/** Held by a writer of this process that is about to end, as after a reload: to be asked for again at every write. */
const SHARED: Lock = { lost: 'another writer of this process holds it', release: () => undefined }

/** Keeps other processes from writing into a directory. Throws where one does. */
export function lockDirectory(directory: string): Lock {
  const path = join(directory, LOCK)
  let lost: string | undefined
  const take = (): (() => void) =>
    lockfile.lockSync(directory, {
      lockfilePath: path,
      stale: STALE,
      realpath: false,
      onCompromised: error => {
        lost = error.message
      },
    })
  let release: () => void
  try {
    release = take()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error
    const owner = ownerOf(directory)
    if (owner?.isThisProcess) return SHARED
    if (owner === undefined || isAlive(owner.pid)) {
      throw new Error(`another process writes sessions here${owner === undefined ? '' : ` (${owner.pid})`}`, {
        cause: error,
      })
    }
    // It was killed: what it left need not be waited for.
    rmSync(path, { recursive: true, force: true })
    release = take()
  }
  chmodSync(path, 0o700)
  writeOwner(directory)
  return {
    get lost() {
      return lost
    },
    release: () => {
      try {
        unlinkSync(join(directory, OWNER))
        if (lost === undefined) release()
      } catch {
        // Whoever comes next finds it stale.
      }
    },
  }
}

interface Owner {
  readonly pid: number
  readonly isThisProcess: boolean
}

function ownerOf(directory: string): Owner | undefined {
  try {
    const path = join(directory, OWNER)
    const stat = lstatSync(path)
    const pid = stat.isFile() ? Number(readFileSync(path, 'utf8')) : Number.NaN
    const startedAt = Date.now() - process.uptime() * 1000
    const isThisProcess = pid === process.pid && stat.mtimeMs >= startedAt
    return Number.isInteger(pid) && pid > 0 ? { pid, isThisProcess } : undefined
  } catch {
    return undefined
  }
}

function writeOwner(directory: string): void {
  const path = join(directory, OWNER)
  rmSync(path, { force: true })
  writeFileSync(path, `${process.pid}`, { mode: 0o600, flag: 'wx' })
}

/** One that had this process' number before it has ended, as happens in containers. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
