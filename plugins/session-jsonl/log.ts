import { createReadStream, readFileSync, unlinkSync } from 'node:fs'
import { basename, dirname, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { loadZstd, type SessionEvent, type SessionLog, type SessionLogEntry } from 'lunaroute/sessions'
import { fileAt, listFiles, nameOf, type SessionFile } from './files.ts'
import { cipherOf, type LineCipher } from './line-cipher.ts'
import type { LogOptions } from './options.ts'

/** Reads back what the writer wrote, compressed and encrypted files too. */
export function createSessionLog(options: unknown): SessionLog {
  const settings = options as LogOptions
  const { directory } = settings
  let cipher: Promise<LineCipher | undefined> | undefined
  return {
    async *entries() {
      for (const file of listFiles(directory)) yield entryOf(directory, file)
    },
    async *read(entry, skipped = () => undefined) {
      const file = fileAt(directory, basename(dirname(entry.name)), basename(entry.name))
      if (!file) throw new Error(`there is no session ${entry.name} any more`)
      cipher ??= cipherOf(settings, false)
      const opener = file.isEncrypted ? await cipher : undefined
      if (file.isEncrypted && !opener) throw new Error(`${entry.name} is encrypted and no key is configured`)
      let number = 0
      let opened = 0
      for await (const line of await linesOf(file)) {
        number++
        if (line === '') continue
        try {
          const text = opener ? opener.open(line, file.sessionId) : line
          opened++
          yield eventOf(text)
        } catch (error) {
          skipped(number, (error as Error).message)
        }
      }
      if (opener && number > 0 && opened === 0)
        throw new Error(`${entry.name} cannot be opened with the configured key`)
    },
    async delete(sessionId) {
      const files = listFiles(directory).filter(each => each.sessionId === nameOf(sessionId))
      for (const { path } of files) unlinkSync(path)
      return files.length > 0
    },
    at: place => createSessionLog({ ...settings, directory: place } satisfies LogOptions),
  }
}

function entryOf(directory: string, file: SessionFile): SessionLogEntry {
  const { sessionId, bytes, modifiedAt } = file
  return { session_id: sessionId, name: relative(directory, file.path), bytes, modifiedAt }
}

async function linesOf({ path, isCompressed }: SessionFile): Promise<AsyncIterable<string>> {
  if (!isCompressed) return createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })
  const zstd = await loadZstd()
  const text = Buffer.from(zstd.decompress(readFileSync(path)))
  return createInterface({ input: Readable.from([text]), crlfDelay: Number.POSITIVE_INFINITY })
}

function eventOf(text: string): SessionEvent {
  const event = JSON.parse(text) as SessionEvent | null
  if (typeof event?.type !== 'string' || typeof event.session_id !== 'string') throw new Error('no event of a session')
  return event
}
