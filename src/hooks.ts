import { AsyncParallelHook, AsyncSeriesBailHook, AsyncSeriesWaterfallHook, SyncWaterfallHook } from 'tapable'
import type { Chunk } from './chunk.ts'
import { GatewayError, PluginError } from './errors.ts'
import type { Attempt, Exchange, OutgoingAttempt, Plan, Reply } from './exchange.ts'
import type { EgressCondition, Handlers, HookName, Logger } from './plugin.ts'
import type { LlmRequest } from './request.ts'
import { asLoop, firstAnswer, handedOn, isPromise, type Step } from './series.ts'

// The only file that imports tapable. What it does that has to be fenced in, measured on 2.3.4:
// - a record tap that throws synchronously leaves promise() pending for ever unless it is the first, as does one that
//   never calls back: each is wrapped, and calls back exactly once;
// - an asynchronous series makes closures for every tap in every call: series.ts has it run as a loop;
// - in AsyncParallelHook a synchronous throw keeps later taps from starting: each record tap is isolated;
// - an unknown `before` puts a tap first of all: order.ts sorts, and taps are registered in final order.

export type Chunks = Chunk | readonly Chunk[]

export const HOOK_NAMES = ['ingress', 'normalize', 'route', 'egress', 'streamChunk', 'record'] as const

type MaybeRequest = LlmRequest | null

function createHooks() {
  return {
    ingress: asLoop(new AsyncSeriesBailHook<[Exchange], Reply | void>(['exchange']), firstAnswer),
    normalize: asLoop(
      new AsyncSeriesWaterfallHook<[LlmRequest, Exchange], LlmRequest | void>(['request', 'exchange']),
      handedOn,
    ),
    route: asLoop(
      new AsyncSeriesWaterfallHook<[Plan, MaybeRequest, Exchange], Plan | void>(['plan', 'request', 'exchange']),
      handedOn,
    ),
    egress: asLoop(
      new AsyncSeriesWaterfallHook<[OutgoingAttempt, MaybeRequest, Exchange], OutgoingAttempt | void>([
        'attempt',
        'request',
        'exchange',
      ]),
      handedOn,
    ),
    streamChunk: new SyncWaterfallHook<[Chunks, Exchange], Chunks | void>(['chunks', 'exchange']),
    record: new AsyncParallelHook<[Exchange]>(['exchange']),
  }
}

type TapableHooks = ReturnType<typeof createHooks>

/** The hooks of one generation. A hook nobody taps is null, so the request path pays one comparison for it. */
export type LiveHooks = {
  readonly [K in HookName]: (K extends 'record' ? TapableHooks[K] : Live<TapableHooks[K]>) | null
} & {
  /** Whether any tap of `egress` is concerned with an attempt. Throws what a condition throws. */
  readonly isEgressWanted: (attempt: Attempt, request: LlmRequest, exchange: Exchange) => boolean
}

/** A series answers at once where all its taps do: nobody waits for a promise that is not needed. */
type Live<T> = T extends { promise(...given: infer G): Promise<infer R> }
  ? Omit<T, 'promise'> & { promise(...given: G): R | Promise<R> }
  : T

/** One plugin's handler for one hook, in its final place. */
export interface Tap {
  readonly hook: HookName
  readonly plugin: string
  readonly failure: 'open' | 'closed'
  readonly handler: Handlers[HookName]
  /** Of `egress` alone. */
  readonly when?: EgressCondition
  readonly log: Logger
}

/** Builds the hooks from taps already in run order. */
export function buildHooks(taps: readonly Tap[]): LiveHooks {
  const hooks = createHooks()
  for (const tap of taps) install(hooks, tap)
  const live = Object.entries(hooks).map(([name, hook]) => [name, hook.isUsed() ? hook : null])
  const conditions = taps.filter(each => each.hook === 'egress').map(conditionOf)
  const isEgressWanted: LiveHooks['isEgressWanted'] = (attempt, request, exchange) => {
    for (const isWanted of conditions) if (isWanted(attempt, request, exchange)) return true
    return false
  }
  return Object.freeze({ ...Object.fromEntries(live), isEgressWanted }) as LiveHooks
}

function install(hooks: TapableHooks, tap: Tap): void {
  if (tap.hook === 'streamChunk') return installStreamChunk(hooks, tap)
  if (tap.hook === 'record') return installRecord(hooks, tap)
  // One signature per hook exists only in the table of types; here they are all "some arguments, maybe a value".
  const handler = exactly(ARGUMENTS[tap.hook], (tap.when ? conditional(tap) : tap.handler) as Step)
  const hook = hooks[tap.hook] as unknown as AsyncSeriesBailHook<unknown[], unknown>
  const step: Step = (first, second, third) => {
    try {
      const result = handler(first, second, third)
      return isPromise(result) ? result.then(undefined, error => blame(tap, error)) : result
    } catch (error) {
      return blame(tap, error)
    }
  }
  hook.tap(tap.plugin, step as never)
}

const ARGUMENTS = { ingress: 1, normalize: 2, route: 3, egress: 3 } as const

/** Called with as many arguments as its hook has: a handler may take them as a list. */
function exactly(count: 1 | 2 | 3, handler: Step): Step {
  if (count === 1) return first => handler(first)
  return count === 2 ? (first, second) => handler(first, second) : handler
}

/** The handler of an egress tap that says when it is needed. */
function conditional({ when, handler }: Tap): Handlers['egress'] {
  return (attempt, request, exchange) =>
    request && when!(attempt, request, exchange)
      ? (handler as Handlers['egress'])(attempt, request, exchange)
      : undefined
}

/** When an egress tap is needed: always, unless it says so itself. */
function conditionOf(tap: Tap): EgressCondition {
  const { when } = tap
  if (!when) return () => true
  return (attempt, request, exchange) => {
    try {
      return when(attempt, request, exchange)
    } catch (error) {
      blame(tap, error)
      return false
    }
  }
}

function installRecord(hooks: TapableHooks, tap: Tap): void {
  const handler = tap.handler as Handlers['record']
  const report = (error: unknown, exchange: Exchange) =>
    tap.log.error({ err: error, hook: 'record', exchange: exchange.id }, `plugin "${tap.plugin}" failed in record`)
  hooks.record.tapAsync(tap.plugin, (exchange, done) => {
    let result: unknown
    try {
      result = handler(exchange)
    } catch (error) {
      report(error, exchange)
    }
    if (!isPromise(result)) return done(null)
    result.then(
      () => done(null),
      error => {
        report(error, exchange)
        done(null)
      },
    )
  })
}

const NONE: readonly Chunk[] = Object.freeze([])

/** Lifts a handler of one chunk over a value that an earlier tap may have split or dropped. */
function installStreamChunk(hooks: TapableHooks, tap: Tap): void {
  const handler = tap.handler as Handlers['streamChunk']
  const one = (chunk: Chunk, exchange: Exchange): Chunks => {
    try {
      const result = handler(chunk, exchange)
      return result === null ? NONE : result || chunk
    } catch (error) {
      blame(tap, error)
      return chunk
    }
  }
  hooks.streamChunk.tap(tap.plugin, (chunks, exchange) =>
    Array.isArray(chunks)
      ? (chunks as readonly Chunk[]).flatMap(chunk => one(chunk, exchange))
      : one(chunks as Chunk, exchange),
  )
}

/** Rethrows a refusal as it is and anything else with the plugin's name, or logs it where the plugin fails open. */
function blame(tap: Tap, error: unknown): undefined {
  if (error instanceof GatewayError) throw error
  if (tap.failure === 'closed') throw new PluginError(tap.plugin, tap.hook, error)
  tap.log.error({ err: error, hook: tap.hook }, `plugin "${tap.plugin}" failed in ${tap.hook}; it fails open`)
  return undefined
}
