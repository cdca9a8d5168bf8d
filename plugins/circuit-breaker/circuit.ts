import { SlidingCounts } from 'lunaroute'

export type CircuitState = 'closed' | 'open' | 'half-open'

/** When a circuit opens and closes. Times in milliseconds. */
export interface CircuitRules {
  /** Failures in a row that open it. */
  readonly failures: number
  /** Successful probes that close it. */
  readonly successes: number
  /** How long it stays open before the next probe; a probe that hangs is not waited for any longer. */
  readonly pause: number
  /** How long a probe's answer goes on before it counts as a success, though it may still be cut. */
  readonly streamed: number
  /** The share of failures in the window that opens it, and how many attempts there must be; 0 for none. */
  readonly rate: number
  readonly least: number
  readonly window: number
}

/** An attempt that finds out whether the provider works again. */
export interface Probe {
  readonly startedAt: number
  answeredAt: number | undefined
}

const OK = 0
const FAILED = 1

/**
 * Leaves a provider alone that fails, and finds out with one request at a time whether it works again. Own code: the
 * breakers that libraries have wrap one call that succeeds or fails when it returns. Here an answer can break off long
 * after it began, a probe has to be told from attempts that were under way when the circuit opened, and rules change
 * with a reload while the state stays. Times are those of one clock that never runs backwards.
 */
export class Circuit {
  state: CircuitState = 'closed'
  /** When it opened last. */
  openedAt = 0
  #inARow = 0
  #successes = 0
  #probe: Probe | undefined
  #counts: { readonly length: number; readonly window: SlidingCounts } | undefined
  readonly #changed: (from: CircuitState, to: CircuitState) => void

  constructor(changed: (from: CircuitState, to: CircuitState) => void) {
    this.#changed = changed
  }

  /** Milliseconds until an attempt may be made; 0 for now. A question that changes nothing. */
  wait(rules: CircuitRules, now: number): number {
    if (this.state === 'closed') return 0
    if (this.state === 'open') return Math.max(0, this.openedAt + rules.pause - now)
    const probe = this.#probe
    if (!probe || isStreaming(probe, rules, now)) return 0
    return Math.max(0, probe.startedAt + rules.pause - now)
  }

  /** An attempt is being made. Returns the probe where it is one. */
  start(rules: CircuitRules, now: number): Probe | undefined {
    if (this.state === 'closed' || this.wait(rules, now) > 0) return undefined
    const last = this.#probe
    this.#probe = undefined
    if (this.state === 'open') {
      this.#successes = 0
      this.#become('half-open')
    } else if (last && isStreaming(last, rules, now)) {
      this.#succeedAsProbe(rules)
      // By that the circuit may have closed.
      if (this.state !== 'half-open') return undefined
    }
    this.#probe = { startedAt: now, answeredAt: undefined }
    return this.#probe
  }

  answered(probe: Probe, now: number): void {
    probe.answeredAt = now
  }

  /** An attempt has ended well. */
  succeed(rules: CircuitRules, now: number, probe: Probe | undefined): void {
    this.#count(OK, rules, now)
    this.#inARow = 0
    if (this.#takeBack(probe)) this.#succeedAsProbe(rules)
  }

  /** An attempt has failed, at whatever point. Those from before the circuit opened say nothing new. */
  fail(rules: CircuitRules, now: number, probe: Probe | undefined): void {
    const window = this.#count(FAILED, rules, now)
    this.#inARow++
    if (this.state === 'closed') {
      if (this.#inARow >= rules.failures || isTooMany(window, rules, now)) this.#open(now)
      // From the beginning of the probe on, so that a hanging one does not put off the next.
    } else if (this.#takeBack(probe)) this.#open(probe!.startedAt)
  }

  /** An attempt has ended without saying anything of the provider: the next one may be the probe. */
  free(probe: Probe | undefined): void {
    this.#takeBack(probe)
  }

  #open(at: number): void {
    this.openedAt = at
    this.#probe = undefined
    this.#become('open')
  }

  #succeedAsProbe(rules: CircuitRules): void {
    this.#successes++
    if (this.#successes < rules.successes) return
    this.#inARow = 0
    this.#counts = undefined
    this.#become('closed')
  }

  /** Whether the attempt was the probe that is waited for. */
  #takeBack(probe: Probe | undefined): boolean {
    if (probe === undefined || probe !== this.#probe) return false
    this.#probe = undefined
    return true
  }

  #become(state: CircuitState): void {
    const from = this.state
    this.state = state
    this.#changed(from, state)
  }

  #count(index: number, { rate, window: length }: CircuitRules, now: number): SlidingCounts | undefined {
    if (rate === 0) return undefined
    if (this.#counts?.length !== length) this.#counts = { length, window: new SlidingCounts(2, length) }
    this.#counts.window.add(index, now)
    return this.#counts.window
  }
}

function isTooMany(window: SlidingCounts | undefined, { rate, least }: CircuitRules, now: number): boolean {
  if (!window) return false
  const [ok = 0, failed = 0] = window.sums(now)
  return ok + failed >= least && failed / (ok + failed) >= rate
}

/** Whether the provider has answered a probe and has been sending for long enough. */
function isStreaming({ answeredAt }: Probe, { streamed }: CircuitRules, now: number): boolean {
  return answeredAt !== undefined && now - answeredAt >= streamed
}
