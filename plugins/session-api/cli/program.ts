import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { type CommandCall, GatewayError } from 'lunaroute'
import { type SessionFilter, type SessionStore, sessionStoreService } from 'lunaroute/sessions'
import { timeOf } from '../query.ts'

/** A commander program that writes to where the call does, and throws instead of ending the process. */
export function createCommand(name: string, call: CommandCall): Command {
  return new Command(name)
    .exitOverride()
    .configureOutput({
      writeOut: text => void call.stdout.write(text),
      writeErr: text => void call.stderr.write(text),
    })
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(--help lists the options)')
}

/** Runs it. Resolves with the exit code: what was typed wrong has been said. */
export async function runProgram(program: Command, args: readonly string[]): Promise<number> {
  try {
    await program.parseAsync([...args], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    throw error
  }
}

/** What the filter options of a command amount to. */
export interface FilterFlags {
  readonly since?: string
  readonly until?: string
  readonly provider?: string
  readonly model?: string
  readonly status?: 'ok' | 'error' | 'running'
  readonly userAgent?: string
  readonly tag?: string
  readonly caller?: string
  readonly text?: string
  readonly limit?: number
  readonly order?: 'newest' | 'oldest' | 'tokens' | 'cost'
  readonly json?: boolean
}

/** Adds the options that say which sessions are meant. */
export function withFilter(command: Command): Command {
  return command
    .option('--since <time>', 'with a request since then: 30m, 24h, 7d, 2026-01-31, 2026-01-31T12:00:00Z', readTime)
    .option('--until <time>', 'with a request before then', readTime)
    .option('--provider <name>', 'of a provider')
    .option('--model <name>', 'that asked for or used a model; claude-* for all that begin so')
    .option('--status <status>', 'ok, error or running', oneOf('ok', 'error', 'running'))
    .option('--user-agent <name>', 'of a client; claude-cli* for all that begin so')
    .option('--tag <tag>', 'with a tag')
    .option('--caller <name>', 'of an application key')
}

export function filterOf(flags: FilterFlags): SessionFilter {
  const { userAgent, json: _json, ...same } = flags
  return { ...same, ...(userAgent !== undefined && { user_agent: userAgent }) }
}

export function readCount(value: string): number {
  if (/^\d+$/.test(value) && Number(value) > 0) return Number(value)
  throw new InvalidArgumentError('It takes a whole number from 1.')
}

export function oneOf(...choices: readonly string[]): (value: string) => string {
  return value => {
    if (choices.includes(value)) return value
    throw new InvalidArgumentError(`It takes ${choices.join(', ')}.`)
  }
}

function readTime(value: string): string {
  const time = timeOf(value, new Date())
  if (time) return time.toISOString()
  throw new InvalidArgumentError('It takes a span back from now, as 24h, or a time, as 2026-01-31T12:00:00Z.')
}

export function storeOf(call: CommandCall): SessionStore {
  const [store] = call.offers(sessionStoreService)
  if (store) return store
  const message = 'no plugin of this configuration stores sessions; add session-sqlite'
  throw new GatewayError('LR_SESSIONS', 503, message)
}

export function print(call: CommandCall, text: string): void {
  call.stdout.write(`${text}\n`)
}

export function printJson(call: CommandCall, value: unknown): void {
  print(call, JSON.stringify(value, null, 2))
}
