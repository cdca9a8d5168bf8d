import { ConfigError, type ConfigLocation } from '../errors.ts'

/** One thing wrong with a configuration. */
export interface Problem {
  readonly message: string
  readonly location?: ConfigLocation | undefined
  readonly plugin?: string | undefined
}

/** The error `loadConfig` throws: what is wrong, and which files to watch for the edit that heals it. */
export class LoadFailure extends ConfigError {
  /** Every file that was read, or looked for, before the failure. */
  readonly files: readonly string[]

  constructor(cause: ConfigError, files: readonly string[]) {
    super(cause.message, {
      ...(cause.cause === undefined ? {} : { cause: cause.cause }),
      ...(cause.location ? { location: cause.location } : {}),
      ...(cause.plugin === undefined ? {} : { plugin: cause.plugin }),
    })
    this.name = 'ConfigError'
    this.files = files
    if (cause.stack !== undefined) this.stack = cause.stack
  }
}

/** One error for all of them: the first in the file leads and the others follow, a line each. */
export function errorOf(problems: readonly Problem[], cause?: unknown): ConfigError {
  const [first, ...others] = [...problems].sort((a, b) => place(a) - place(b))
  const lines = others.map(problem => `\n  also ${makeError(problem).toString()}`)
  return makeError({ ...first!, message: first!.message + lines.join('') }, cause)
}

/** Throws when there is any. */
export function throwIfAny(problems: readonly Problem[]): void {
  if (problems.length > 0) throw errorOf(problems)
}

function makeError(problem: Problem, cause?: unknown): ConfigError {
  return new ConfigError(problem.message, {
    ...(cause === undefined ? {} : { cause }),
    ...(problem.location ? { location: problem.location } : {}),
    ...(problem.plugin === undefined ? {} : { plugin: problem.plugin }),
  })
}

function place({ location }: Problem): number {
  return (location?.line ?? Number.MAX_SAFE_INTEGER / 1e4) * 1e3 + (location?.column ?? 0)
}
