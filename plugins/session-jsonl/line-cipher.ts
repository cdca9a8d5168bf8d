import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { linkSync, lstatSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LogOptions } from './options.ts'

const IV = 12
const TAG = 16
const SALT_FILE = '.encryption-salt'
/** 64 MB, three passes, one lane: what OWASP and RFC 9106 ask of keys at rest. */
const ARGON2 = { algorithm: 2, memoryCost: 65_536, timeCost: 3, parallelism: 1, outputLen: 32 }

/**
 * Seals lines one by one, so that a file can be added to, and read as far as it goes when its last line is torn. A line
 * is the base64 of nonce, ciphertext and tag. It is bound to its session: lines cannot be moved to another file.
 */
export class LineCipher {
  readonly #key: Uint8Array

  constructor(key: Uint8Array) {
    this.#key = key
  }

  /** `line` in pieces. */
  seal(line: readonly (string | Uint8Array)[], sessionId: string): string {
    const iv = randomBytes(IV)
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv).setAAD(Buffer.from(sessionId))
    const sealed = line.map(piece => (typeof piece === 'string' ? cipher.update(piece, 'utf8') : cipher.update(piece)))
    return Buffer.concat([iv, ...sealed, cipher.final(), cipher.getAuthTag()]).toString('base64')
  }

  /** Throws where the key is another, or the line was changed. */
  open(line: string, sessionId: string): string {
    const bytes = Buffer.from(line, 'base64')
    if (bytes.length < IV + TAG) throw new Error('no sealed line')
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, IV)).setAAD(Buffer.from(sessionId))
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG))
    const sealed = bytes.subarray(IV, bytes.length - TAG)
    return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8')
  }
}

/**
 * The cipher of the options; undefined where they ask for none. The directory must exist, and who only reads has nothing
 * made in it.
 */
export async function cipherOf(
  { encryption, directory }: LogOptions,
  isWriter = true,
): Promise<LineCipher | undefined> {
  if (!encryption) return undefined
  if (encryption.key_file !== undefined) return new LineCipher(keyIn(readFileSync(encryption.key_file)))
  if (encryption.password === undefined) throw new Error('encryption needs a key_file or a password')
  const { hashRaw } = await import('@node-rs/argon2')
  return new LineCipher(await hashRaw(encryption.password, { ...ARGON2, salt: saltIn(directory, isWriter) }))
}

function keyIn(bytes: Buffer): Buffer {
  if (bytes.length === 32) return bytes
  const text = bytes.toString('latin1').trim()
  const key = Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64')
  if (key.length !== 32) throw new Error('the key file has to hold 32 bytes, as they are, in hex or in base64')
  return key
}

/** The salt beside the sessions, made once: without it a password opens nothing. */
function saltIn(directory: string, mayMake: boolean): Buffer {
  const path = join(directory, SALT_FILE)
  const read = (): Buffer => {
    if (!lstatSync(path).isFile()) throw new Error(`${path} is no file`)
    return readFileSync(path)
  }
  try {
    return read()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    if (!mayMake) throw new Error(`${SALT_FILE} is missing beside the sessions: a password opens nothing without it`)
  }
  const made = `${path}.${randomBytes(6).toString('hex')}`
  writeFileSync(made, randomBytes(16), { mode: 0o600, flag: 'wx' })
  try {
    // Whole or not at all, and whoever comes second takes the first one's.
    linkSync(made, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(made)
  }
  return read()
}
