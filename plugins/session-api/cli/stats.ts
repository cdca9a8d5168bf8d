import type { Command } from 'commander'
import { type CommandCall, GatewayError } from 'lunaroute'
import { statisticsService } from 'lunaroute/sessions'
import { type FilterFlags, filterOf, print, printJson, readCount, storeOf, withFilter } from './program.ts'

export function addStats(program: Command, call: CommandCall): void {
  withFilter(program.command('stats'))
    .summary('sum up sessions')
    .description('Sums up sessions: requests, tokens, tools and their times, overhead and cost.')
    .option('--limit <count>', 'the newest so many', readCount)
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: FilterFlags) => {
      const [source] = call.offers(statisticsService)
      if (!source) {
        const message = 'no plugin of this configuration sums up sessions; add session-stats'
        throw new GatewayError('LR_SESSIONS', 503, message)
      }
      const statistics = await source.readFrom(storeOf(call), filterOf(flags))
      if (flags.json) printJson(call, statistics)
      else print(call, source.format(statistics))
    })
}

const EXAMPLES = `
Examples:
  $ lunaroute sessions stats --since 24h
  $ lunaroute sessions stats --limit 1          the newest session alone
  $ lunaroute sessions stats --since 30d --json | jq .total.total_cost_usd`
