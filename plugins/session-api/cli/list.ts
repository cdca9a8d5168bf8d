import type { Command } from 'commander'
import type { CommandCall } from 'lunaroute'
import type { SessionStore, SessionSummary } from 'lunaroute/sessions'
import { type FilterFlags, filterOf, oneOf, print, printJson, readCount, storeOf, withFilter } from './program.ts'
import { table } from './table.ts'
import { ago, cost, duration, excerpt, number } from './words.ts'

export function addList(program: Command, call: CommandCall): void {
  withFilter(program.command('list'))
    .summary('list sessions')
    .description('Lists sessions, a line each.')
    .option('--limit <count>', 'at most so many', readCount, 20)
    .option('--order <order>', 'newest, oldest, tokens or cost first', oneOf('newest', 'oldest', 'tokens', 'cost'))
    .option('--cursor <cursor>', 'go on after an earlier list')
    .option('--json', 'print JSON: sessions, and the cursor of the next page')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: FilterFlags) => {
      const page = await storeOf(call).list(filterOf(flags))
      if (flags.json) return printJson(call, page)
      if (page.sessions.length === 0) return print(call, await noneOf(storeOf(call)))
      print(call, sessionTable(page.sessions, new Date()))
      if (page.next !== null) print(call, `\nThere are more: --cursor ${page.next}`)
    })
}

/** What to say where nothing was found. */
export async function noneOf(store: SessionStore): Promise<string> {
  const { sessions } = await store.list({ limit: 1 })
  return sessions.length > 0 ? 'No session is like that.' : 'No session has been recorded yet.'
}

/** Sessions, a line each. */
export function sessionTable(sessions: readonly SessionSummary[], now: Date): string {
  return table(
    [
      { title: 'STARTED' },
      { title: 'MODEL' },
      { title: 'REQUESTS', isNumber: true },
      { title: 'TOKENS', isNumber: true },
      { title: 'COST', isNumber: true },
      { title: 'DURATION', isNumber: true },
      { title: 'STATUS' },
      { title: 'SESSION' },
    ],
    sessions.map(each => [
      ago(each.started_at, now),
      excerpt(each.model_used ?? each.model_requested, 32),
      number(each.request_count),
      number(each.total_tokens),
      cost(each.total_cost_usd, each.unpriced_requests),
      duration(each.total_duration_ms),
      statusOf(each),
      each.session_id,
    ]),
  )
}

export function statusOf({ success, failed_requests }: SessionSummary): string {
  if (success === null) return 'running'
  return success ? 'ok' : `${number(failed_requests)} failed`
}

const EXAMPLES = `
Examples:
  $ lunaroute sessions list --since 24h --status error
  $ lunaroute sessions list --model 'claude-*' --order tokens
  $ lunaroute sessions list --user-agent 'codex*' --json`
