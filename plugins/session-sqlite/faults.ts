/** What went wrong with the database, in a sentence for operators, and what it calls for. */
export interface Fault {
  readonly kind: 'corrupt' | 'busy' | 'full' | 'readonly' | 'other'
  readonly message: string
}

const SENTENCES: Readonly<Record<Fault['kind'], string>> = {
  corrupt: 'the sessions database is damaged',
  busy: 'the sessions database is locked by another program; recording waits until it lets go',
  full: 'the disk of the sessions database is full; make room and recording goes on',
  readonly: 'the sessions database cannot be written to; give the gateway the right to write its file and folder',
  other: 'the sessions database fails',
}

const SIGNS: readonly (readonly [RegExp, Fault['kind']])[] = [
  [/CORRUPT|NOTADB|malformed|not a database/i, 'corrupt'],
  [/SQLITE_BUSY|SQLITE_LOCKED|is locked/i, 'busy'],
  [/SQLITE_FULL|ENOSPC|disk is full/i, 'full'],
  [/SQLITE_READONLY|SQLITE_CANTOPEN|EACCES|EROFS|EPERM|readonly|read-only|unable to open/i, 'readonly'],
]

/** The three libraries name their errors differently; this reads them all. */
export function faultOf(error: unknown): Fault {
  const { code, message } = error as { readonly code?: string; readonly message?: string }
  const text = `${code ?? ''} ${message ?? ''}`
  const kind = SIGNS.find(([sign]) => sign.test(text))?.[1] ?? 'other'
  return { kind, message: kind === 'other' ? `${SENTENCES.other}: ${message ?? String(error)}` : SENTENCES[kind] }
}
