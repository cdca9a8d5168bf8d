import { createHash } from 'node:crypto'
import { unwatchFile, watchFile } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'

/** An editor's burst of events counts as one edit, in milliseconds. */
const SETTLE = 60
/** How long after a change of files they are looked at once more, in milliseconds. */
const LATE = 500
/** How often files are glanced at, in milliseconds: nothing tells of a folder that is moved away or put in another's place. */
const GLANCE = 500

/** Watches a set of files and calls back after an edit that changed what they hold, or after any where nobody compares. */
export class FileWatch {
  readonly #onEdit: () => void
  readonly #isComparing: boolean
  #watcher: FSWatcher | undefined
  #files: ReadonlySet<string> = new Set()
  /** Of files that were not there. */
  readonly #folders = new Set<string>()
  #hash = ''
  /** When each file was last changed, as of the last look. */
  #times: ReadonlyMap<string, number> = new Map()
  #timer: NodeJS.Timeout | undefined
  #late: NodeJS.Timeout | undefined

  /** One who reads the files anyway may compare for itself: each read costs several turns of a busy event loop. */
  constructor(onEdit: () => void, isComparing = true) {
    this.#onEdit = onEdit
    this.#isComparing = isComparing
  }

  /**
   * Watches exactly these files from now on. `since` is when their loading began, by Date.now(): an edit after it may
   * have come too late to be loaded, and is reported again.
   */
  async follow(files: readonly string[], since: number): Promise<void> {
    const wanted = new Set(files)
    if (this.#isComparing) this.#hash = await hashOf(wanted)
    const absent = await absentOf(wanted)
    const paths = [...wanted].filter(file => !absent.has(file))
    const folders = [...absent].map(file => dirname(file)).filter(folder => !this.#folders.has(folder))
    const before = this.#files
    this.#files = wanted
    for (const path of before) if (!wanted.has(path)) unwatchFile(path, this.#touched)
    for (const path of wanted) {
      if (!before.has(path)) watchFile(path, { interval: GLANCE, persistent: false }, this.#touched)
    }
    // Never taken away again: chokidar would ignore whatever is in them from then on.
    for (const folder of folders) this.#folders.add(folder)
    if (!this.#watcher) {
      // chokidar is never ready where there is nothing to watch.
      if (wanted.size === 0) return
      const ignored = (path: string) => this.#folders.has(dirname(path)) && !this.#isConcerned(path)
      this.#watcher = watch([...paths, ...folders], { ignoreInitial: true, atomic: true, depth: 0, ignored })
      this.#watcher.on('all', () => this.#touched())
      await new Promise<void>(resolve => this.#watcher!.once('ready', resolve))
    } else {
      const gone = [...before].filter(path => !wanted.has(path))
      if (gone.length > 0) this.#watcher.unwatch(gone)
      this.#watcher.add([...paths.filter(path => !before.has(path)), ...folders])
    }
    // chokidar calls itself ready a moment before it watches everything.
    clearTimeout(this.#late)
    this.#late = setTimeout(() => this.#touched(), LATE).unref()
    if (await this.#isAnyYounger(since)) {
      this.#hash = ''
      this.#touched()
    }
  }

  /** A file whose time was known before this loading is not younger: its clock is ahead of ours, or ours was put back. */
  async #isAnyYounger(since: number): Promise<boolean> {
    const before = this.#times
    this.#times = new Map(await Promise.all([...this.#files].map(async file => [file, await timeOf(file)] as const)))
    return [...this.#times].some(([file, time]) => time >= since && time !== before.get(file))
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    clearTimeout(this.#late)
    for (const path of this.#files) unwatchFile(path, this.#touched)
    await this.#watcher?.close()
  }

  #isConcerned(path: string): boolean {
    return this.#files.has(path) || this.#folders.has(path)
  }

  readonly #touched = (): void => {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#settled(), SETTLE)
  }

  async #settled(): Promise<void> {
    if (!this.#isComparing) return this.#onEdit()
    const hash = await hashOf(this.#files)
    if (hash === this.#hash) return
    this.#hash = hash
    this.#onEdit()
  }
}

/** chokidar may miss that a file comes, or goes again, that was not there at first; watching its folder it does not. */
async function absentOf(files: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const isThere = (file: string) =>
    stat(file).then(
      () => true,
      () => false,
    )
  const found = await Promise.all([...files].map(async file => ((await isThere(file)) ? undefined : file)))
  return new Set(found.filter(file => file !== undefined))
}

async function hashOf(files: ReadonlySet<string>): Promise<string> {
  const hash = createHash('sha256')
  for (const file of [...files].sort()) {
    hash.update(file)
    // A file that is not there now may come back: its absence is a state like any other.
    hash.update(await readFile(file).catch(() => 'absent'))
  }
  return hash.digest('base64')
}

/** When it was last changed, in milliseconds; 0 where it is not there. */
function timeOf(file: string): Promise<number> {
  return stat(file).then(
    each => each.mtimeMs,
    () => 0,
  )
}
