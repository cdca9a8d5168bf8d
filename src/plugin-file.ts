import type { Static, TSchema } from '@sinclair/typebox'
import type { ConfigNames, Logger, OptionProblem } from './plugin.ts'

/** A file of data that a plugin owns, such as `routes.json`: an edit takes effect without a new generation. */
export interface DataFileDefinition<S extends TSchema> {
  /** Relative to `api.folder`; `~` is the user's home. JSON, YAML or TOML by its extension. */
  readonly file: string
  /** JSON Schema of what it holds. Objects are closed, and defaults filled in. */
  readonly schema: S
  /** Whether there has to be one. Default false: a file that is not there is the value undefined. */
  readonly isRequired?: boolean
  /** What the schema cannot say. Errors refuse the edit; warnings are logged with their place. */
  check?(value: Static<S>, names: ConfigNames): readonly OptionProblem[]
  /** What a person calls the thing at a place of the file, `rule "big"`: it stands in errors. The value is unchecked. */
  nameOf?(value: unknown, path: readonly (string | number)[]): string | undefined
  /** Takes the value after each good edit, and undefined when the file has gone. To throw is to refuse the edit. */
  onChange?(value: Static<S> | undefined): void
}

/** A plugin's file of data. */
export interface DataFile<T> {
  /** Absolute. */
  readonly path: string
  /** The last good value; undefined where there is no file. */
  readonly value: T | undefined
}

/** What a plugin that opens a file is to the one who watches it. */
export interface DataFileOwner {
  readonly plugin: string
  readonly log: Logger
  keep<T>(key: string, create: () => T): T
  onDispose(dispose: () => Promise<void>): void
}
