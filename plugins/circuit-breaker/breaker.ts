import { performance } from 'node:perf_hooks'
import {
  type Attempt,
  type AttemptOutcome,
  derived,
  derivedPlan,
  type Exchange,
  type Gate,
  GatewayError,
  type LlmRequest,
  type Observer,
  type Plan,
  type ResponseHead,
  type StartedAttempt,
} from 'lunaroute'
import type { Circuit, CircuitRules, Probe } from './circuit.ts'
import type { Circuits, Places } from './circuits.ts'
import { verdictOf } from './verdict.ts'

export interface BreakerSettings {
  readonly rules: CircuitRules
  /** Whether each model of a provider has a circuit of its own. */
  readonly isPerModel: boolean
  /** Failures, statuses, and `5xx`, that count. */
  readonly counted: ReadonlySet<unknown>
  /** Where the providers of this generation are. */
  readonly places: Places
}

/** Keeps plans away from providers that fail. */
export class Breaker implements Observer {
  readonly #circuits: Circuits
  /** The probe of each exchange that has one: at most one at a time, since its attempts follow each other. */
  readonly #claims = new WeakMap<Exchange, Claim>()
  readonly #settings: BreakerSettings

  constructor(circuits: Circuits, settings: BreakerSettings) {
    this.#circuits = circuits
    this.#settings = settings
  }

  /** The plan without attempts that cannot be made now; each of the others is asked about again when its turn comes. */
  reshape(plan: Plan, request: LlmRequest | null): Plan {
    const { rules, isPerModel } = this.#settings
    const gated = isPerModel ? gatedBy(attempt => this.#objection(attempt, request)) : this.#gated
    // Mostly nothing has failed, and nobody needs to know what time it is.
    if (this.#circuits.areNone) return isPerModel ? plan.map(gated) : this.#gatedPlan(plan)
    const kept: Attempt[] = []
    let soonest = Number.POSITIVE_INFINITY
    const now = performance.now()
    for (const attempt of plan) {
      const circuit = this.#circuit(attempt, request)
      if (circuit === undefined || circuit.wait(rules, now) === 0) {
        kept.push(gated(attempt))
      } else soonest = Math.min(soonest, hintOf(circuit, rules, now))
    }
    if (kept.length === 0) throw openError(plan, soonest)
    return kept
  }

  /** For circuits that do not depend on the request. */
  readonly #gated = derived(gatedBy(attempt => this.#objection(attempt, null)))

  readonly #gatedPlan = derivedPlan(plan => plan.map(this.#gated))

  /** An attempt is being made: where its circuit waits for a probe, it is the one. */
  attemptStarted(attempt: StartedAttempt, exchange: Exchange): void {
    const circuit = this.#circuits.find(attempt.provider, this.#modelOf(attempt), this.#settings.places)
    const probe = circuit?.start(this.#settings.rules, performance.now())
    if (circuit && probe) this.#claims.set(exchange, { circuit, probe })
  }

  attemptAnswered(_attempt: StartedAttempt, _head: ResponseHead, exchange: Exchange): void {
    const claim = this.#claimOf(exchange)
    claim?.circuit.answered(claim.probe, performance.now())
  }

  attemptEnded(outcome: AttemptOutcome, exchange: Exchange): void {
    const claim = this.#claimOf(exchange)
    if (claim) this.#claims.delete(exchange)
    const { rules, counted, places } = this.#settings
    const verdict = verdictOf(outcome, counted)
    const model = this.#modelOf(outcome)
    // Only a failure makes a circuit: clients can invent models, but not make a provider fail for each.
    const circuit =
      verdict === 'failed'
        ? this.#circuits.findOrCreate(outcome.provider, model, places)
        : this.#circuits.find(outcome.provider, model, places)
    if (!circuit) return
    const now = performance.now()
    if (verdict === 'ok') circuit.succeed(rules, now, claim?.probe)
    else if (verdict === 'failed') circuit.fail(rules, now, claim?.probe)
    else circuit.free(claim?.probe)
  }

  #objection(attempt: Attempt, request: LlmRequest | null): GatewayError | undefined {
    const circuit = this.#circuit(attempt, request)
    if (circuit === undefined) return undefined
    const now = performance.now()
    const { rules } = this.#settings
    return circuit.wait(rules, now) > 0 ? openError([attempt], hintOf(circuit, rules, now)) : undefined
  }

  #claimOf(exchange: Exchange): Claim | undefined {
    return this.#circuits.areNone ? undefined : this.#claims.get(exchange)
  }

  #circuit({ provider, model }: Attempt, request: LlmRequest | null): Circuit | undefined {
    const { isPerModel, places } = this.#settings
    return this.#circuits.find(provider, isPerModel ? (model ?? request?.modelLabel ?? '') : undefined, places)
  }

  /** The model whose circuit an attempt belongs to. */
  #modelOf(attempt: { readonly model: string | undefined }): string | undefined {
    return this.#settings.isPerModel ? (attempt.model ?? '') : undefined
  }
}

interface Claim {
  readonly circuit: Circuit
  readonly probe: Probe
}

/** Adds a gate to an attempt. */
function gatedBy(gate: Gate): (attempt: Attempt) => Attempt {
  return attempt => ({ ...attempt, gates: attempt.gates ? [...attempt.gates, gate] : [gate] })
}

/** What clients are told to wait, in milliseconds. How a probe under way ends is known soon. */
function hintOf(circuit: Circuit, rules: CircuitRules, now: number): number {
  const wait = circuit.wait(rules, now)
  return circuit.state === 'half-open' ? Math.min(wait, 1000) : wait
}

function openError(plan: Plan, wait: number): GatewayError {
  const names = [...new Set(plan.map(({ provider }) => `"${provider}"`))].join(', ')
  const seconds = Math.max(1, Math.ceil(wait / 1000))
  const message = `${names} failed too often and ${plan.length > 1 ? 'are' : 'is'} left alone for a while; try again in ${seconds} s`
  return new GatewayError('LR_CIRCUIT_OPEN', 503, message, { headers: { 'retry-after': String(seconds) } })
}
