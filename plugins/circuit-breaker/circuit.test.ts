import type { AttemptOutcome } from 'lunaroute'
import { describe, expect, it } from 'vitest'
import { Circuit, type CircuitRules } from './circuit.ts'
import { verdictOf } from './verdict.ts'

const RULES: CircuitRules = {
  failures: 3,
  successes: 2,
  pause: 1000,
  streamed: 100,
  rate: 0.5,
  least: 10,
  window: 10_000,
}

function circuit() {
  const seen: string[] = []
  return { made: new Circuit((from, to) => seen.push(`${from}>${to}`)), seen }
}

function opened(at = 0) {
  const { made, seen } = circuit()
  for (let i = 0; i < RULES.failures; i++) made.fail(RULES, at, undefined)
  return { made, seen }
}

describe('a circuit', () => {
  it('opens after so many failures in a row, and a success starts the count anew', () => {
    const { made, seen } = circuit()
    made.fail(RULES, 0, undefined)
    made.fail(RULES, 0, undefined)
    made.succeed(RULES, 0, undefined)
    made.fail(RULES, 0, undefined)
    made.fail(RULES, 0, undefined)
    expect(made.state).toBe('closed')
    made.fail(RULES, 0, undefined)
    expect([made.state, made.wait(RULES, 1), seen]).toEqual(['open', 999, ['closed>open']])
  })

  it('opens by the share of failures, once there are enough attempts', () => {
    const { made } = circuit()
    for (let i = 0; i < 4; i++) {
      made.fail(RULES, i, undefined)
      made.succeed(RULES, i, undefined)
    }
    made.fail(RULES, 9, undefined)
    expect(made.state).toBe('closed')
    made.fail(RULES, 9, undefined)
    expect(made.state).toBe('open')
  })

  it('lets a single probe through after its pause, and closes after enough of them', () => {
    const { made, seen } = opened()
    expect(made.start(RULES, 999)).toBeUndefined()
    const first = made.start(RULES, 1000)
    expect(first).toBeDefined()
    expect(made.start(RULES, 1001)).toBeUndefined()
    expect(made.wait(RULES, 1001)).toBeGreaterThan(0)
    made.succeed(RULES, 1002, first)
    const second = made.start(RULES, 1003)
    made.succeed(RULES, 1004, second)
    expect(seen).toEqual(['closed>open', 'open>half-open', 'half-open>closed'])
    made.fail(RULES, 1005, undefined)
    expect(made.state).toBe('closed')
  })

  it('opens again when a probe fails, for another pause from the beginning of the probe on', () => {
    const { made } = opened()
    made.fail(RULES, 1100, made.start(RULES, 1000))
    expect([made.state, made.wait(RULES, 1100)]).toEqual(['open', 900])
  })

  it('is not moved by attempts from before it opened', () => {
    const { made } = opened()
    const probe = made.start(RULES, 1000)
    made.fail(RULES, 1001, undefined)
    made.succeed(RULES, 1001, undefined)
    expect(made.state).toBe('half-open')
    made.succeed(RULES, 1002, probe)
    expect(made.wait(RULES, 1002)).toBe(0)
  })

  it('gives the place of a probe that says nothing, or hangs, to another', () => {
    const { made } = opened()
    made.free(made.start(RULES, 1000))
    const hanging = made.start(RULES, 1001)
    expect(hanging).toBeDefined()
    expect(made.start(RULES, 2000)).toBeUndefined()
    const next = made.start(RULES, 2001)
    expect(next).toBeDefined()
    made.fail(RULES, 2002, hanging)
    expect(made.state).toBe('half-open')
  })

  it('takes a stream that goes on for a success, without waiting for its end', () => {
    const { made } = opened()
    const first = made.start(RULES, 1000)!
    made.answered(first, 1010)
    expect(made.wait(RULES, 1050)).toBeGreaterThan(0)
    const second = made.start(RULES, 1110)!
    made.succeed(RULES, 1120, second)
    expect(made.state).toBe('closed')
  })
})

describe('an attempt', () => {
  const counted = new Set<unknown>(['5xx', 'connect', 'reset', 'timeout', 'protocol', 'cut'])
  it.each([
    [{ status: 200 }, 'ok'],
    [{ status: 500 }, 'failed'],
    [{ status: 529 }, 'failed'],
    [{ status: 429 }, 'nothing'],
    [{ status: 400 }, 'nothing'],
    [{ failure: 'connect' }, 'failed'],
    [{ failure: 'timeout' }, 'failed'],
    [{ status: 200, failure: 'cut' }, 'failed'],
    [{ status: 200, failure: 'cancelled' }, 'nothing'],
    [{ failure: 'stale' }, 'nothing'],
    [{ status: 200, toldStatus: 529 }, 'failed'],
    [{ status: 200, toldStatus: 400 }, 'nothing'],
  ] as const)('that ended with %j says: %s', (outcome, verdict) => {
    expect(verdictOf(outcome as AttemptOutcome, counted)).toBe(verdict)
  })
})
