import { ConfigError } from '../errors.ts'

/** A command that could not do what it was asked: a sentence for standard error, and the exit code. */
export class CommandFailure extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.name = 'CommandFailure'
    this.exitCode = exitCode
  }
}

/** One message, located where the error is. A stack only for those who ask for debugging. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ConfigError) return error.toString()
  if (!(error instanceof Error)) return String(error)
  const isDebugging = ['debug', 'trace'].includes(process.env.LUNAROUTE_LOG_LEVEL ?? '')
  return error instanceof CommandFailure || !isDebugging ? error.message : (error.stack ?? error.message)
}

export function exitCodeOf(error: unknown): number {
  return error instanceof CommandFailure ? error.exitCode : 1
}
