import { randomBytes } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** The secret kept in a file, which is made when there is none: for its owner alone, and complete or not there at all. */
export function keptSecret(written: string): string {
  const file = written.startsWith('~/') ? join(homedir(), written.slice(2)) : written
  return read(file) ?? create(file)
}

/** A secret nobody has to know. */
export function randomSecret(): string {
  return randomBytes(32).toString('hex')
}

function read(file: string): string | undefined {
  try {
    const secret = readFileSync(file, 'utf8').trim()
    if (secret.length < 8) return undefined
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600)
    return secret
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function create(file: string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const secret = randomSecret()
  const own = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(own, `${secret}\n`, { mode: 0o600, flag: 'wx' })
  try {
    // Unlike a rename this fails where another process was first: then its secret is everybody's.
    linkSync(own, file)
    return secret
  } catch (error) {
    const theirs = (error as NodeJS.ErrnoException).code === 'EEXIST' ? read(file) : undefined
    if (theirs === undefined) throw error
    return theirs
  } finally {
    rmSync(own, { force: true })
  }
}
