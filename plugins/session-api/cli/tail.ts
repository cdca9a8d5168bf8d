import type { Command } from 'commander'
import { type CommandCall, GatewayError } from 'lunaroute'
import type { SessionEvent } from 'lunaroute/sessions'
import { entryOf } from '../entries.ts'
import { print } from './program.ts'
import { printable } from './words.ts'

interface TailFlags {
  readonly session?: string
  readonly types?: string
  readonly url?: string
  readonly json?: boolean
}

export function addTail(program: Command, call: CommandCall): void {
  program
    .command('tail')
    .summary('watch events as they are recorded')
    .description('Follows a running gateway: a line for each event as it is recorded. Ctrl-C ends it.')
    .option('--session <id>', 'of one session alone')
    .option('--types <types>', 'of these types alone: started,tool_call_recorded,completed')
    .option('--url <url>', `the gateway's address (default: ${call.url})`)
    .option('--json', 'print events as NDJSON')
    .addHelpText('after', EXAMPLES)
    .action((flags: TailFlags) => follow(call, flags))
}

async function follow(call: CommandCall, { session, types, url, json }: TailFlags): Promise<void> {
  const where = new URL('/sessions/tail', url ?? call.url)
  if (session !== undefined) where.searchParams.set('session', session)
  if (types !== undefined) where.searchParams.set('types', types)
  if (json) where.searchParams.set('full', 'true')
  const { token } = call.options as { readonly token: string }
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(where, { headers }).catch((cause: unknown) => {
    const message = `no gateway answers at ${where.origin}; lunaroute starts one, and --url names another`
    throw new GatewayError('LR_SESSIONS', 503, message, { cause })
  })
  if (!response.ok || !response.body) {
    throw new GatewayError('LR_SESSIONS', response.status, sentenceIn(await response.text(), response.status))
  }
  for await (const line of linesOf(response.body)) {
    if (!line.startsWith('data: ')) continue
    const event = JSON.parse(line.slice(6)) as SessionEvent | { readonly dropped: number }
    if ('type' in event) print(call, json ? JSON.stringify(event) : lineOf(event))
    else call.stderr.write(`${event.dropped} events came too fast to be shown\n`)
  }
}

function lineOf(event: SessionEvent): string {
  const [time = ''] = event.timestamp.slice(11).split('.')
  const { description } = entryOf(event)
  return `${time}  ${event.session_id.slice(0, 8).padEnd(8)}  ${event.type.padEnd(20)}  ${printable(description)}`
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

/** The sentence in an error's envelope. */
function sentenceIn(text: string, status: number): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly message?: string } }
    if (error?.message) return error.message
  } catch {
    // Not one of the gateway's own answers.
  }
  return `the gateway answered with status ${status}`
}

const EXAMPLES = `
Examples:
  $ lunaroute sessions tail
  $ lunaroute sessions tail --types tool_call_recorded,tool_result_recorded
  $ lunaroute sessions tail --json | jq 'select(.type == "completed") | .total_duration_ms'`
