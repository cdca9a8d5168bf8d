import { performance } from 'node:perf_hooks'
import {
  type AttemptFailure,
  definePlugin,
  derived,
  derivedPlan,
  type FailedTry,
  meterService,
  type Retry,
  retryAfter,
} from 'lunaroute'
import { RetryBudget } from './budget.ts'
import { type RetryOptions, retryOptions } from './options.ts'

export type { RetryOptions }

/** Makes failed attempts again: after a pause, as often as it helps, and never so often that it does harm. */
export default definePlugin({
  name: 'retry',
  section: 'retry',
  options: retryOptions,
  setup(options, api) {
    const budgets = api.keep('budgets', () => new Budgets())
    const last: Rules = { ...options, patience: options.max_retry_after_ms, budgets }
    const others: Rules = { ...last, patience: options.max_retry_after_with_fallback_ms }
    // What an attempt says of itself wins; pauses, budget and the provider's word are for all.
    const retrying = (usual: Retry, rules: Rules) =>
      derived(attempt => {
        const own = attempt.retry
        return own?.wait ? attempt : { ...attempt, retry: own ? retryOf(rules, own) : usual }
      })
    const asLast = retrying(retryOf(last), last)
    const asOther = retrying(retryOf(others), others)
    const once = retryOf({ ...last, on: options.on.filter(each => NOTHING_DONE.has(each)) })
    const tried = (final: typeof asLast, other: typeof asLast) =>
      derivedPlan(plan => plan.map((attempt, i) => (i === plan.length - 1 ? final : other)(attempt)))
    const usual = tried(asLast, asOther)
    const creation = tried(retrying(once, last), retrying(once, others))
    api.observe({
      attemptStarted({ provider }, { request, head }) {
        // A client's own repetition is load already, and no reason for more.
        if (request !== null && (head.get('x-stainless-retry-count') ?? '0') === '0') {
          budgets.of(provider).count(performance.now())
        }
      },
    })
    api.offer(meterService, {
      name: 'lunaroute_retries_total',
      help: 'Attempts made again, by the failure that led to it.',
      type: 'counter',
      labels: ['provider', 'reason'],
      read: () => budgets.retries(),
    })
    api.offer(meterService, {
      name: 'lunaroute_retry_budget_exhausted_total',
      help: 'Attempts not made again because the provider had its share of retries.',
      type: 'counter',
      labels: ['provider'],
      read: () => budgets.refusals(),
    })
    return {
      route: {
        // What other plugins add to the plan is tried again, too.
        stage: 'late',
        handler(plan, request) {
          if (request === null) return undefined
          const isCreation = request.endpoint.operation === 'other' && request.head.method === 'POST'
          return (isCreation ? creation : usual)(plan)
        },
      },
    }
  },
})

/** After these a provider has certainly not begun to do what it was asked. */
const NOTHING_DONE: ReadonlySet<AttemptFailure | number> = new Set(['connect', 'stale', 429])

interface Rules extends RetryOptions {
  /** The longest pause, in milliseconds, that a provider may ask for. */
  readonly patience: number
  readonly budgets: Budgets
}

function retryOf(rules: Rules, own?: Retry): Retry {
  const { max_delay_ms, patience, budgets } = rules
  const { limit: retries, on, delay } = own ?? { limit: rules.retries, on: rules.on, delay: rules.delay_ms }
  const limits = { ratio: rules.budget_ratio, minPerSecond: rules.budget_min_per_second }
  return {
    // A kept connection that turned out to be closed says nothing about the provider: it is replaced even so.
    limit: Math.max(retries, 1),
    on,
    delay,
    wait(failed) {
      const { provider, kind, head, retries: made } = failed
      const own = budgets.of(provider)
      if (kind === 'stale' && made === 0 && failed.isListed) return own.retried(kind, 0)
      if (made >= retries || !isWorth(failed)) return undefined
      const asked = head && retryAfter(head)
      if (asked !== undefined && asked > patience) return undefined
      if (!own.take(limits, performance.now())) {
        own.refused++
        return undefined
      }
      // Full jitter: those who failed together do not come back together.
      const pause = Math.random() * Math.min(delay * 2 ** made, max_delay_ms)
      return own.retried(kind, asked === undefined ? pause : asked + pause)
    },
  }
}

/** The provider's own word about it counts more than what its status usually means. */
function isWorth({ head, isListed }: FailedTry): boolean {
  const word = head?.get('x-should-retry')
  return word === 'true' || (word !== 'false' && isListed)
}

/** The budget of each provider; counters for as long as the gateway lives. */
class Budgets {
  readonly #budgets = new Map<string, RetryBudget>()

  of(provider: string): RetryBudget {
    const known = this.#budgets.get(provider)
    if (known) return known
    const budget = new RetryBudget()
    this.#budgets.set(provider, budget)
    return budget
  }

  *retries() {
    for (const [provider, { made }] of this.#budgets) {
      for (const [reason, value] of made) yield { labels: { provider, reason }, value }
    }
  }

  *refusals() {
    for (const [provider, { refused }] of this.#budgets) yield { labels: { provider }, value: refused }
  }
}
