import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { type CommandCall, GatewayError } from 'lunaroute'
import { sessionLogService } from 'lunaroute/sessions'
import { deleteSession } from '../delete-session.ts'
import { print, printJson, storeOf } from './program.ts'
import { find } from './show.ts'

interface DeleteFlags {
  readonly yes?: boolean
  readonly json?: boolean
}

export function addDelete(program: Command, call: CommandCall): void {
  program
    .command('delete')
    .argument('<session...>', 'their ids, or "latest"')
    .summary('delete sessions')
    .description('Deletes sessions from the database and from the session log.')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON: the ids of what was deleted')
    .addHelpText('after', EXAMPLES)
    .action(async (ids: readonly string[], flags: DeleteFlags) => {
      const store = storeOf(call)
      const sessions = await Promise.all(ids.map(each => find(store, each)))
      if (!flags.yes && !(await isConfirmed(call, sessions.length))) return print(call, 'Nothing was deleted.')
      const logs = call.offers(sessionLogService).map(each => each.log)
      for (const { session_id } of sessions) await deleteSession(store, logs, session_id)
      if (flags.json) printJson(call, { deleted: sessions.map(each => each.session_id) })
      else print(call, `Deleted ${sessions.length} ${sessions.length === 1 ? 'session' : 'sessions'}.`)
    })
}

async function isConfirmed(call: CommandCall, count: number): Promise<boolean> {
  if (!(call.stdin as NodeJS.ReadStream).isTTY) {
    throw new GatewayError('LR_BAD_REQUEST', 400, 'nobody is there to confirm it; --yes deletes without asking')
  }
  const dialog = createInterface({ input: call.stdin, output: call.stderr })
  try {
    return /^y(?:es)?$/i.test((await dialog.question(`Delete ${count} sessions for good? [y/N] `)).trim())
  } finally {
    dialog.close()
  }
}

const EXAMPLES = `
Examples:
  $ lunaroute sessions delete 550e8400-e29b-41d4-a716-446655440000
  $ lunaroute sessions list --until 90d --limit 100 --json | jq -r '.sessions[].session_id' \\
      | xargs lunaroute sessions delete --yes`
