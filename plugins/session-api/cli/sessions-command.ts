import type { CommandModule } from 'lunaroute'
import { addDelete } from './delete.ts'
import { addList } from './list.ts'
import { createCommand, runProgram } from './program.ts'
import { addSearch } from './search.ts'
import { addShow } from './show.ts'
import { addStats } from './stats.ts'
import { addTail } from './tail.ts'

/** `lunaroute sessions ...` */
export const run: CommandModule['run'] = async call => {
  const program = createCommand('lunaroute sessions', call)
    .description('Looks at recorded sessions. It reads the database itself; only tail needs a running gateway.')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES)
  for (const add of [addList, addShow, addSearch, addTail, addStats, addDelete]) add(program, call)
  if (call.args.length === 0) {
    program.outputHelp()
    return 0
  }
  return runProgram(program, call.args)
}

const EXAMPLES = `
Examples:
  $ lunaroute sessions list --since 24h             what ran since yesterday
  $ lunaroute sessions list --order cost --limit 5  the dearest five
  $ lunaroute sessions show latest                  the newest session, turn by turn
  $ lunaroute sessions search "race condition"      where was that solved?
  $ lunaroute sessions tail                         watch requests as they end
  $ lunaroute sessions stats --since 7d             tokens, tools, times and cost of the week
  $ lunaroute sessions list --json | jq '.sessions[].session_id'`
