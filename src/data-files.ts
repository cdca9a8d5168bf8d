import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { extname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Static, TSchema } from '@sinclair/typebox'
import type { BuildContext } from './build.ts'
import { fileKind } from './config/file-kind.ts'
import { expandHome } from './config/find-file.ts'
import { namesOf } from './config/loading.ts'
import { errorOf, type Problem } from './config/problem.ts'
import type { LoadedConfig } from './config/resolved.ts'
import { locate, remark } from './config/source.ts'
import { validate } from './config/validate.ts'
import { copyOf } from './config/values.ts'
import { ConfigError } from './errors.ts'
import type { ConfigNames } from './plugin.ts'
import type { DataFile, DataFileDefinition, DataFileOwner } from './plugin-file.ts'
import { FileWatch } from './reload.ts'
import type { Status } from './services.ts'

/** How long a file may be empty while it is being written anew, in milliseconds. */
const REWRITE = 250

/** What the files of one generation share. */
interface DataFileContext {
  /** What relative names are relative to. */
  readonly folder: string
  readonly isWatching: boolean
  readonly names: ConfigNames
  /** Whether the generation is the one that serves: of two that watch a file, one is to speak. */
  isCurrent(): boolean
}

/** How the plugins of a generation open their files. */
export function dataFiles(
  { config, folder }: Pick<LoadedConfig, 'config' | 'folder'>,
  isWatching: boolean,
  isCurrent: () => boolean,
): Pick<BuildContext, 'folder' | 'openDataFile'> {
  const context = { folder, isWatching, isCurrent, names: namesOf(config) }
  return { folder, openDataFile: (definition, owner) => OwnedFile.open(definition, context, owner) }
}

/** The text that last made a value; it outlives a reload that finds the file broken. */
interface Memory {
  text: string | undefined
}

/** A value read from a file, and what is odd about it. */
interface Reading<T> {
  readonly value: T | undefined
  readonly remarks: readonly string[]
}

/**
 * One plugin's file: read, checked and watched. A bad edit is refused and changes nothing but `status`; the old value
 * stays, over a reload of the configuration too.
 */
export class OwnedFile<S extends TSchema> implements DataFile<Static<S>> {
  readonly path: string
  value: Static<S> | undefined
  readonly #definition: DataFileDefinition<S>
  readonly #context: DataFileContext
  readonly #owner: DataFileOwner
  readonly #memory: Memory
  #text: string | undefined
  #error: string | undefined
  #changing: Promise<void> = Promise.resolve()

  private constructor(definition: DataFileDefinition<S>, context: DataFileContext, owner: DataFileOwner) {
    this.#definition = definition
    this.#context = context
    this.#owner = owner
    this.path = resolve(context.folder, expandHome(definition.file, homedir()))
    this.#memory = owner.keep(`data-file:${this.path}`, () => ({ text: undefined }))
  }

  /** Rejects with a located ConfigError where the file is bad and no earlier text of it is known. */
  static async open<S extends TSchema>(
    definition: DataFileDefinition<S>,
    context: DataFileContext,
    owner: DataFileOwner,
  ): Promise<OwnedFile<S>> {
    const file = new OwnedFile(definition, context, owner)
    const began = Date.now()
    await file.#begin()
    if (context.isWatching) {
      const watch = new FileWatch(() => {
        file.#changing = file.#changing.then(() => file.#change())
      }, false)
      owner.onDispose(() => watch.close())
      await watch.follow([file.path], began)
    }
    return file
  }

  status(): Status {
    if (this.#error === undefined) return { state: 'ok', details: { file: this.path } }
    const message = `the last edit was refused, and what it held before serves on: ${this.#error}`
    return { state: 'degraded', message, details: { file: this.path } }
  }

  async #begin(): Promise<void> {
    // Whoever saves both files may be half done; at the first start there is nothing to wait for.
    const text = await (this.#memory.text === undefined ? this.#read() : this.#readWritten())
    try {
      this.#accept(text, await this.#parse(text))
    } catch (error) {
      const { text: known } = this.#memory
      if (known === undefined || known === text) throw error
      // The configuration was reloaded while the file is broken.
      this.#accept(known, await this.#parse(known))
      this.#refuse(error)
    }
  }

  async #change(): Promise<void> {
    try {
      const text = await this.#readWritten()
      if (text === this.#text && this.#error === undefined) return
      const reading = await this.#parse(text)
      this.#definition.onChange?.(reading.value)
      this.#accept(text, reading)
      if (this.#context.isCurrent()) this.#owner.log.info({ file: this.path }, 'an edit of the file has taken effect')
    } catch (error) {
      this.#refuse(error)
    }
  }

  /** An empty file may be one that is being written. */
  async #readWritten(): Promise<string | undefined> {
    const text = await this.#read()
    if (text?.trim() !== '') return text
    await sleep(REWRITE)
    return this.#read()
  }

  #accept(text: string | undefined, { value, remarks }: Reading<Static<S>>): void {
    this.value = value
    this.#text = text
    this.#memory.text = text
    this.#error = undefined
    for (const each of remarks) this.#owner.log.warn(each)
  }

  #refuse(error: unknown): void {
    const told = String(error instanceof Error && !(error instanceof ConfigError) ? error.message : error)
    if (told === this.#error) return
    this.#error = told
    if (!this.#context.isCurrent()) return
    this.#owner.log.error({ file: this.path }, `edit refused, what the file held before serves on: ${told}`)
  }

  /** Undefined where there is no such file. */
  async #read(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8')
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      const isAbsent = code === 'ENOENT' || code === 'ENOTDIR'
      if (isAbsent && !this.#definition.isRequired) return undefined
      throw this.#fail(isAbsent ? 'there is no such file' : `cannot be read (${code})`, cause)
    }
  }

  async #parse(text: string | undefined): Promise<Reading<Static<S>>> {
    if (text === undefined) return { value: undefined, remarks: [] }
    const { schema, check, nameOf } = this.#definition
    const { plugin } = this.#owner
    if (fileKind(this.path) !== 'data')
      throw this.#fail(`is of unknown kind "${extname(this.path)}": use .json or .yaml`)
    if (text.trim() === '') throw this.#fail('is empty')
    // The parsers are a tenth of the start-up time, and most gateways have no such file.
    const { parseDataFile } = await import('./config/data-file.ts')
    const source = parseDataFile(this.path, text)
    const value = copyOf(source.value)
    const located = (path: readonly (string | number)[], message: string): Problem => {
      const name = nameOf?.(source.value, path)
      return { message: name === undefined ? message : `${name}: ${message}`, location: locate(source, path), plugin }
    }
    const mismatches = validate(schema, value).map(({ path, message }) => located(path, message))
    if (mismatches.length > 0) throw errorOf(mismatches)
    const found = check?.(value as Static<S>, this.#context.names) ?? []
    const errors = found.filter(({ isWarning }) => !isWarning)
    if (errors.length > 0) throw errorOf(errors.map(({ path, message }) => located(path, message)))
    return {
      value: value as Static<S>,
      remarks: found.map(({ path, message }) => remark(source, path, located(path, message).message)),
    }
  }

  #fail(message: string, cause?: unknown): ConfigError {
    return new ConfigError(message, { location: { file: this.path }, plugin: this.#owner.plugin, cause })
  }
}
