import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gatewayCommand, hasGateway } from './gateway.mjs'
import { hasNginx, nginxCommand } from './nginx.mjs'
import { processTree } from './proc-stats.mjs'
import { freePort, keepServingThread, start } from './processes.mjs'
import { requestOf } from './workloads.mjs'

const START_LIMIT_MS = 15_000
const lean = fileURLToPath(new URL('lean.mjs', import.meta.url))

/** What can be measured, in the order of each round. `missing` says why a subject cannot run here. */
export const SUBJECTS = [
  { name: 'nginx', missing: () => (hasNginx() ? null : 'nginx is not installed'), command: nginxCommand },
  {
    name: 'lean',
    missing: () => null,
    command: ({ port, upstreamPort }) => [process.execPath, lean, String(port), String(upstreamPort)],
  },
  gateway('passthrough'),
  gateway('local'),
  gateway('translate'),
  gateway('routing'),
  gateway('resilience'),
  // Its worker thread may have the other core.
  { ...gateway('recording'), place: 'any' },
]

/** Starts a subject and waits for its first proxied reply; `startMs` is the time from spawn to that reply. */
export async function startSubject({ name, command, place = 'subject' }, upstreamPort, folder) {
  const port = await freePort()
  const from = performance.now()
  const program = start(name, command({ port, upstreamPort, folder }), folder, place)
  const request = requestOf('W1', 'mock-b1500', port)
  for (let status = 0; status !== 200; ) {
    status = await statusOf(port, request)
    const isLate = performance.now() - from > START_LIMIT_MS
    if (program.child.exitCode !== null || program.child.pid === undefined || isLate) {
      throw new Error(`${name} does not serve (status ${status}):\n${program.log()}`)
    }
    if (status !== 200) await delay(3)
  }
  const startMs = performance.now() - from
  if (place === 'any') keepServingThread(program)
  return { ...program, port, startMs, pids: () => processTree(program.child.pid) }
}

function gateway(name) {
  return {
    name,
    missing: () => (hasGateway() ? null : 'the gateway is not built'),
    command: where => gatewayCommand(name, where),
  }
}

// One connection and one prepared request, so that nothing but the subject takes time; 0 while it cannot be reached.
async function statusOf(port, request) {
  const socket = net.connect({ port, host: '127.0.0.1' })
  socket.write(request)
  try {
    const [bytes] = await once(socket, 'data', { signal: AbortSignal.timeout(2000) })
    return Number(bytes.latin1Slice(9, 12))
  } catch {
    return 0
  } finally {
    socket.destroy()
  }
}
