import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

const TICK_NS = 1e7

/** The pid and all its descendants that are alive now. */
export function processTree(root) {
  const parents = new Map()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readProc(`${name}/stat`) : null
    if (stat !== null) parents.set(Number(name), Number(statFields(stat)[1]))
  }
  const tree = [root]
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child)
  return tree
}

/** CPU time of the processes so far: the scheduler's nanoseconds of each live thread, else utime + stime in ticks. */
export function cpuNs(pids) {
  return pids.reduce((sum, pid) => sum + (threadsNs(pid) ?? ticksNs(pid)), 0)
}

/** CPU time of the first thread of the first process: of Node, the one that serves. */
export function mainThreadNs([pid]) {
  return Number(readProc(`${pid}/task/${pid}/schedstat`)?.split(' ')[0] ?? 0)
}

/** Sum of the peak resident sizes in MB since the last `resetPeakRss`. */
export function peakRssMb(pids) {
  const kb = pid => Number(/VmHWM:\s+(\d+)/.exec(readProc(`${pid}/status`) ?? '')?.[1] ?? 0)
  return pids.reduce((sum, pid) => sum + kb(pid), 0) / 1024
}

/** Makes the peak start again from the present size, where the kernel allows it. */
export function resetPeakRss(pids) {
  for (const pid of pids) {
    try {
      writeFileSync(`/proc/${pid}/clear_refs`, '5')
    } catch {
      // The peak then covers the life of the process, which is the larger number.
    }
  }
}

function threadsNs(pid) {
  let threads
  try {
    threads = readdirSync(`/proc/${pid}/task`)
  } catch {
    return 0
  }
  let sum = 0
  for (const thread of threads) {
    const schedstat = readProc(`${pid}/task/${thread}/schedstat`)
    if (schedstat !== null) sum += Number(schedstat.split(' ')[0])
  }
  return sum > 0 ? sum : null
}

function ticksNs(pid) {
  const stat = readProc(`${pid}/stat`)
  if (stat === null) return 0
  const fields = statFields(stat)
  return (Number(fields[11]) + Number(fields[12])) * TICK_NS
}

// The fields after the command, which may itself hold spaces and brackets: state is the first, ppid the second.
function statFields(stat) {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function readProc(path) {
  try {
    return readFileSync(`/proc/${path}`, 'latin1')
  } catch {
    return null
  }
}
