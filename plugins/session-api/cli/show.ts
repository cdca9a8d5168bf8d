import type { Command } from 'commander'
import { type CommandCall, GatewayError } from 'lunaroute'
import type { SessionEvent, SessionStore, SessionSummary } from 'lunaroute/sessions'
import { attemptsOf } from './attempts.ts'
import { statusOf } from './list.ts'
import { print, printJson, storeOf } from './program.ts'
import { ago, cost, counted, duration, excerpt, number, printable } from './words.ts'

interface ShowFlags {
  readonly request?: string
  readonly full?: boolean
  readonly json?: boolean
}

export function addShow(program: Command, call: CommandCall): void {
  program
    .command('show')
    .argument('<session>', 'its id, or "latest"')
    .summary('show a session, turn by turn')
    .description('Shows a session: its sums, and what was said and done, turn by turn.')
    .option('--request <id>', 'print one request and its response, whole, as JSON')
    .option('--full', 'print texts whole instead of their beginnings')
    .option('--json', 'print JSON: the session with all its events')
    .addHelpText('after', EXAMPLES)
    .action(async (id: string, flags: ShowFlags) => {
      const store = storeOf(call)
      const session = await find(store, id)
      if (flags.request !== undefined) return printJson(call, await rawOf(store, session, flags.request))
      if (flags.json) return printJson(call, { ...session, events: await store.events(session.session_id) })
      const events = await store.events(session.session_id, undefined, { isBrief: true })
      print(call, [headOf(session, new Date()), ...turnsOf(session, events, flags.full ?? false)].join('\n\n'))
    })
}

/** The session of an id, or the newest of all. */
export async function find(store: SessionStore, id: string): Promise<SessionSummary> {
  const found = id === 'latest' ? (await store.list({ limit: 1 })).sessions[0] : await store.get(id)
  if (found) return found
  const message = id === 'latest' ? 'there is no session yet' : `there is no session "${id}"; lunaroute sessions list`
  throw new GatewayError('LR_NOT_FOUND', 404, message)
}

async function rawOf(store: SessionStore, { session_id }: SessionSummary, id: string): Promise<object> {
  const events = await store.events(session_id, id)
  if (events.length === 0) throw new GatewayError('LR_NOT_FOUND', 404, `the session has no request "${id}"`)
  return {
    request: events.find(each => each.type === 'request_recorded')?.request_json ?? null,
    response: events.find(each => each.type === 'response_recorded')?.response_json ?? null,
  }
}

function headOf(session: SessionSummary, now: Date): string {
  const lines: (readonly [string, string])[] = [
    ['Session', session.session_id],
    ['Started', `${session.started_at} (${ago(session.started_at, now)})`],
    ['Client', session.user_agent ?? 'unknown'],
    ['Model', modelOf(session)],
    ['Status', session.error_message === null ? statusOf(session) : `${statusOf(session)}: ${session.error_message}`],
    ['Requests', number(session.request_count)],
    ['Tokens', tokensOf(session)],
    ['Tool calls', number(session.tool_call_count)],
    ['Time', `${duration(session.total_duration_ms)}, of it ${duration(session.proxy_overhead_ms)} in the gateway`],
    ['Cost', costOf(session)],
  ]
  if (session.session_tags.length > 0) lines.push(['Tags', session.session_tags.join(', ')])
  return lines.map(([label, value]) => `${label.padEnd(11)} ${printable(value)}`).join('\n')
}

/** Lists of models, say, are of none; and what is refused is at no provider. */
function modelOf({ model_used, model_requested, provider }: SessionSummary): string {
  return [model_used ?? (model_requested || 'none'), ...(provider === '' ? [] : [`at ${provider}`])].join(' ')
}

function tokensOf(session: SessionSummary): string {
  const cached = session.cache_read_tokens
  const output = session.total_tokens - session.input_tokens - cached - session.cache_creation_tokens
  return `${number(session.total_tokens)} (input ${number(session.input_tokens)}, cached ${number(cached)}, written to cache ${number(session.cache_creation_tokens)}, output ${number(output)})`
}

function costOf({ total_cost_usd: total, unpriced_requests: unpriced }: SessionSummary): string {
  const rest = unpriced > 0 && total !== null ? `, ${counted(unpriced, 'request')} unpriced` : ''
  return cost(total, unpriced).replace(/\+$/, '') + rest
}

const SHORT = 300

function turnsOf(session: SessionSummary, events: readonly SessionEvent[], isFull: boolean): string[] {
  const requests = new Map<string, SessionEvent[]>()
  for (const each of events) requests.set(each.request_id, [...(requests.get(each.request_id) ?? []), each])
  const shorten = (text: string) => (isFull ? printable(text).trim() : excerpt(text, SHORT))
  return [...requests].map(([id, own], at) => turnOf(`${at + 1}`, id, own, session, shorten))
}

function turnOf(
  place: string,
  id: string,
  events: readonly SessionEvent[],
  session: SessionSummary,
  shorten: (text: string) => string,
): string {
  const lines: string[] = []
  const answer = events.find(each => each.type === 'response_recorded')
  let facts = ''
  for (const event of events) {
    if (event.type === 'request_recorded') lines.push(said('>', shorten(event.request_text)))
    else if (event.type === 'tool_result_recorded') lines.push(`  ← ${event.tool_name}${timeOf(event)}`)
    else if (event.type === 'response_recorded') {
      lines.push(said('<', shorten(event.response_text)))
      facts = `, ${number(event.total_tokens)} tokens`
    } else if (event.type === 'tool_call_recorded') {
      lines.push(`  → ${event.tool_name} ${excerpt(event.tool_arguments, 100)}`)
    } else if (event.type === 'completed') {
      facts = `, ${duration(event.total_duration_ms)}${facts}`
      lines.unshift(attemptsOf(event, answer, session))
      if (!event.success) lines.push(`  ! ${event.outcome}${event.error === null ? '' : `: ${printable(event.error)}`}`)
    }
  }
  const [time = ''] = events[0]?.timestamp.slice(11).split('.') ?? []
  return [`── ${place}  ${time}${facts}  ${id}`, ...lines.filter(each => each !== '')].join('\n')
}

function timeOf({ execution_time_ms: time, success }: { execution_time_ms: number | null; success: boolean | null }) {
  return `${success === false ? ' failed' : ''}${time === null ? '' : ` after ${duration(time)}`}`
}

function said(mark: string, text: string): string {
  return text === '' ? '' : `${mark} ${text.replaceAll('\n', '\n  ')}`
}

const EXAMPLES = `
Examples:
  $ lunaroute sessions show latest
  $ lunaroute sessions show 550e8400-e29b-41d4-a716-446655440000 --full | less
  $ lunaroute sessions show latest --request 0199a8f0c1de | jq .request.messages`
