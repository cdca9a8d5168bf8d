import v8 from 'node:v8'
import vm from 'node:vm'

/**
 * V8 collects the spent buffers of a calm process only when 32 MB of them have come together: a long download to one slow
 * client would show as that much memory. A collection of the young generation, half a millisecond for every 2 MB that a
 * client is too slow for, keeps it small.
 */
const SPENT = 2 * 1024 * 1024

let passed = 0
let collect: ((options: { type: 'minor' }) => void) | undefined

/** Counts response bytes that were handed on to a client slower than its provider, and are garbage soon. */
export function spent(bytes: number): void {
  passed += bytes
  if (passed < SPENT) return
  passed = 0
  collect ??= exposeCollector()
  collect({ type: 'minor' })
}

function exposeCollector(): (options: { type: 'minor' }) => void {
  v8.setFlagsFromString('--expose-gc')
  return vm.runInNewContext('gc') as (options: { type: 'minor' }) => void
}
