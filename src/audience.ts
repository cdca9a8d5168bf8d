import type { Exchange, Observer } from './exchange.ts'
import type { Logger } from './plugin.ts'

/** Tells one plugin of one event. Never throws. */
export type Teller = (first: unknown, second: unknown, exchange: Exchange) => void

type Event = keyof Observer

/** The plugins that hear of every exchange of a generation, for each event those that have an ear for it. */
export type Audience = { readonly [E in Event]-?: readonly Teller[] }

/** An observer, and whose it is. */
export interface Listening {
  readonly plugin: string
  readonly observer: Observer
  readonly log: Logger
}

/** Null where nobody listens. */
export function audienceOf(all: readonly Listening[]): Audience | null {
  return all.length === 0 ? null : listsOf(all)
}

function listsOf(all: readonly Listening[]): Audience {
  return {
    requestBody: tellersOf('requestBody', all),
    attemptStarted: tellersOf('attemptStarted', all),
    attemptAnswered: tellersOf('attemptAnswered', all),
    attemptEnded: tellersOf('attemptEnded', all),
    responseStarted: tellersOf('responseStarted', all),
    responseBytes: tellersOf('responseBytes', all),
  }
}

/** For exchanges of which only those hear who asked to hear of this very one. */
export const NOBODY = listsOf([])

function tellersOf(event: Event, all: readonly Listening[]): readonly Teller[] {
  return all.filter(({ observer }) => observer[event] !== undefined).map(each => tellerOf(event, each))
}

function tellerOf(event: Event, { plugin, observer, log }: Listening): Teller {
  // One signature per event exists only in the table of types; here they are one or two things and the exchange.
  const method = observer[event]!.bind(observer) as (...given: readonly unknown[]) => void
  const tell: Teller = event === 'attemptAnswered' ? method : (first, _, exchange) => method(first, exchange)
  return (first, second, exchange) => {
    try {
      tell(first, second, exchange)
    } catch (error) {
      log.error({ err: error, event, exchange: exchange.id }, `plugin "${plugin}" failed as it observed ${event}`)
    }
  }
}
