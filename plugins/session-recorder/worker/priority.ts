import { readlinkSync } from 'node:fs'
import { constants, setPriority } from 'node:os'

/**
 * Lets the threads that serve go first where there are fewer cores than work. Linux alone has priorities of threads;
 * elsewhere, and where it is not allowed, the worker runs as any other.
 */
export function stepBack(): void {
  if (process.platform !== 'linux') return
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    setPriority(thread, constants.priority.PRIORITY_LOW)
  } catch {
    // Nothing depends on it.
  }
}
