import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const STOP_MS = 3000
const running = new Set()

// Whatever ends the benchmark, nothing it started stays behind; SIGTERM, because a killed nginx master orphans its worker.
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM')
})

/** A free port of the loopback interface below the range the kernel hands out by itself. */
export async function freePort() {
  for (let tries = 0; tries < 100; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    if (await canListen(port)) return port
  }
  throw new Error('no free port between 20000 and 32000')
}

/**
 * The subject has the last core to itself, all else shares the others: a subject that the scheduler moves about costs up
 * to half as much again per request, one run and not the next. Null where cores cannot be given out.
 */
export const CORES = cores()

function cores() {
  const count = os.cpus().length
  if (count < 2 || spawnSync('taskset', ['-V']).status !== 0) return null
  return { subject: String(count - 1), others: count === 2 ? '0' : `0-${count - 2}`, any: `0-${count - 1}` }
}

/** Starts a program that logs to a file of its own and sees neither proxies, keys nor a config of the machine. */
export function start(name, command, folder, place = 'others') {
  const log = path.join(folder, `${name}.log`)
  const file = openSync(log, 'w')
  const { PATH } = process.env
  // An IPC channel only for the benchmark's own scripts: they leave when it closes.
  const isOurs = command[1]?.endsWith('.mjs') === true
  const [program, ...args] = CORES ? ['taskset', '-c', CORES[place], ...command] : command
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH, HOME: folder, NODE_ENV: 'production' },
    stdio: isOurs ? ['ignore', file, file, 'ipc'] : ['ignore', file, file],
    serialization: 'advanced',
  })
  closeSync(file)
  running.add(child)
  child.on('error', () => running.delete(child))
  child.on('exit', () => running.delete(child))
  return { name, child, log: () => readFileSync(log, 'utf8').slice(-2000).trim() }
}

/** Moves a program's first thread, the one that serves, to the subject's core; its other threads stay where they may be. */
export function keepServingThread({ child }) {
  if (CORES) spawnSync('taskset', ['-pc', CORES.subject, String(child.pid)])
}

/** Stops a started program and waits until it is gone. */
export async function stop({ child }) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const isGone = await Promise.race([gone.then(() => true), delay(STOP_MS, false, { ref: false })])
  if (!isGone) {
    child.kill('SIGKILL')
    await gone
  }
}

async function canListen(port) {
  const server = net.createServer()
  const answer = new Promise(resolve => {
    server.once('error', () => resolve(false))
    server.once('listening', () => server.close(() => resolve(true)))
  })
  server.listen(port, '127.0.0.1')
  return await answer
}
