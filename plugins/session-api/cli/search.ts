import type { Command } from 'commander'
import type { CommandCall } from 'lunaroute'
import type { SessionStore } from 'lunaroute/sessions'
import { noneOf, sessionTable } from './list.ts'
import { type FilterFlags, filterOf, print, printJson, readCount, storeOf, withFilter } from './program.ts'
import { excerpt } from './words.ts'

export function addSearch(program: Command, call: CommandCall): void {
  withFilter(program.command('search'))
    .argument('<words...>', 'all of them occur in one request: in its text, its answer or the arguments of its tools')
    .summary('find sessions by what was said in them')
    .description('Finds sessions by words. "Words in quotes" stand together; migrat* finds what begins so.')
    .option('--limit <count>', 'at most so many', readCount, 10)
    .option('--json', 'print JSON: sessions, each with the places found')
    .addHelpText('after', EXAMPLES)
    .action(async (words: readonly string[], flags: FilterFlags) => {
      const store = storeOf(call)
      // The shell has taken the quotes away: one argument of several words was in quotes.
      const text = words.map(each => (/\s/.test(each) && !each.includes('"') ? `"${each}"` : each)).join(' ')
      const { sessions } = await store.list({ ...filterOf(flags), text })
      const found = await Promise.all(
        sessions.map(async each => ({ ...each, places: await placesOf(store, each.session_id, text) })),
      )
      if (flags.json) return printJson(call, { sessions: found })
      if (found.length === 0) return print(call, await noneOf(store))
      const now = new Date()
      const shown = found.map(each => {
        const places = each.places.map(({ request_id, text: place }) => `    ${place}  [${request_id}]`)
        return [sessionTable([each], now), ...places].join('\n')
      })
      print(call, shown.join('\n\n'))
    })
}

interface Place {
  readonly request_id: string
  readonly text: string
}

const MOST_PLACES = 3
const AROUND = 60

/** Where in a session the first of the words stands. */
async function placesOf(store: SessionStore, id: string, text: string): Promise<readonly Place[]> {
  const [, phrase, word = ''] = /"([^"]+)"|(\S+)/.exec(text) ?? []
  const sought = (phrase ?? word.replace(/\*$/, '')).toLowerCase()
  const types = ['request_recorded', 'response_recorded', 'tool_call_recorded'] as const
  const places: Place[] = []
  for (const event of await store.events(id, undefined, { isBrief: true, types })) {
    const own =
      event.type === 'request_recorded'
        ? event.request_text
        : event.type === 'response_recorded'
          ? event.response_text
          : event.type === 'tool_call_recorded'
            ? `${event.tool_name} ${event.tool_arguments}`
            : ''
    const at = own.toLowerCase().indexOf(sought)
    if (at < 0) continue
    const begin = Math.max(0, at - AROUND)
    const piece = own.slice(begin, at + sought.length + AROUND)
    places.push({ request_id: event.request_id, text: `${begin > 0 ? '…' : ''}${excerpt(piece, piece.length)}` })
    if (places.length === MOST_PLACES) break
  }
  return places
}

const EXAMPLES = `
Examples:
  $ lunaroute sessions search deadlock
  $ lunaroute sessions search "race condition" sqlite --since 30d
  $ lunaroute sessions search 'migrat*' --model 'claude-*' --json`
