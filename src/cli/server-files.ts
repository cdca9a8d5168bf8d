import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

// What a server leaves in ~/.lunaroute for the other commands, named after the port of its first listener.

/** A background server's log grows without an end; at a start it is set aside above this many bytes. */
const LOG_LIMIT = 10 * 1024 * 1024

export function logFile(port: number): string {
  return join(folder(), `server-${port}.log`)
}

/** The process that says it serves on the port, or undefined. The file may be stale. */
export function readPid(port: number): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile(port), 'utf8').trim())
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

/** Says which process serves on the port. */
export function writePid(port: number): void {
  makeFolder()
  writeFileSync(pidFile(port), `${process.pid}\n`, { mode: 0o600 })
}

/** Removes the file, if it is still this process's or the one named. */
export function removePid(port: number, pid = process.pid): void {
  if (readPid(port) === pid) rmSync(pidFile(port), { force: true })
}

/** Ports for which there is a file. */
export function knownPorts(): number[] {
  try {
    const ports = readdirSync(folder()).map(name => /^server-(\d+)\.pid$/.exec(name)?.[1])
    return ports.filter(port => port !== undefined).map(Number)
  } catch {
    return []
  }
}

/** A log open for appending, and where what is written from now on begins. */
export function openLogFile(port: number): { readonly fd: number; readonly start: number } {
  makeFolder()
  const file = logFile(port)
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size > LOG_LIMIT) renameSync(file, `${file}.old`)
  const fd = openSync(file, 'a', 0o600)
  return { fd, start: fstatSync(fd).size }
}

/** The last lines of the log from an offset on. */
export function lastLines(port: number, start: number, count: number): string {
  const fd = openSync(logFile(port), 'r')
  try {
    const size = fstatSync(fd).size
    const from = Math.max(start, size - 64 * 1024)
    const bytes = Buffer.alloc(Math.max(0, size - from))
    readSync(fd, bytes, 0, bytes.length, from)
    return bytes.toString().trimEnd().split('\n').slice(-count).join('\n')
  } finally {
    closeSync(fd)
  }
}

function pidFile(port: number): string {
  return join(folder(), `server-${port}.pid`)
}

function folder(): string {
  return join(homedir(), '.lunaroute')
}

function makeFolder(): void {
  mkdirSync(folder(), { recursive: true, mode: 0o700 })
}
