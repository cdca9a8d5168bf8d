import { createCipheriv, createDecipheriv } from 'node:crypto'
import { closeSync, constants, ftruncateSync, mkdirSync, openSync, readSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'

const TAG = 16
const IV = 12

/** A place in a vault. */
export interface Stored {
  readonly at: number
  readonly length: number
  readonly iv: Uint8Array
}

/**
 * Seals pieces of a file that nobody else can read: with a key that lives in this process alone, and without a name once
 * it is open, so that nothing of it is left however the process ends.
 */
export class Seal {
  readonly #key: Uint8Array
  #count = 0

  constructor(key: Uint8Array) {
    this.#key = key
  }

  seal(pieces: readonly Uint8Array[]): { readonly iv: Uint8Array; readonly sealed: readonly Uint8Array[] } {
    const iv = Buffer.alloc(IV)
    // Never used twice with a key: the counter outlives the file's content.
    iv.writeUIntBE(++this.#count, IV - 6, 6)
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv)
    const sealed: Uint8Array[] = pieces.map(piece => cipher.update(piece))
    sealed.push(cipher.final(), cipher.getAuthTag())
    return { iv, sealed }
  }
}

/** Reads a sealed piece back. */
export function unseal(fd: number, key: Uint8Array, { at, length, iv }: Stored): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let done = 0; done < length; ) {
    const count = readSync(fd, bytes, done, length - done, at + done)
    if (count === 0) throw new Error('a spill file is shorter than it was')
    done += count
  }
  const decipher = createDecipheriv('aes-256-gcm', key, iv)
  decipher.setAuthTag(bytes.subarray(length - TAG))
  return Buffer.concat([decipher.update(bytes.subarray(0, length - TAG)), decipher.final()])
}

/** Opens a file of this process alone and takes its name away. Where the system keeps open files, `close` does. */
export function openVault(folder: string, name: string): { readonly fd: number; empty(): void; close(): void } {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, name)
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600)
  const remove = (): boolean => {
    try {
      unlinkSync(path)
      return true
    } catch {
      return false
    }
  }
  const isNameless = remove()
  return {
    fd,
    empty: () => ftruncateSync(fd, 0),
    close: () => {
      closeSync(fd)
      if (!isNameless) remove()
    },
  }
}
