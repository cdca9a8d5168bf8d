import type { ResponseHead } from './exchange.ts'

/**
 * Milliseconds from `now` until a provider wants to be asked again, by the headers of its answer; undefined where they do
 * not say. `retry-after-ms` (Azure's `x-ms-retry-after-ms`) and `retry-after` (seconds or a date) are an answer to this
 * request and come first. Without them, an answer of status 429 is read for when the limit is reset that was used up.
 */
export function retryAfter(head: ResponseHead, now = Date.now()): number | undefined {
  const said =
    number(head.get('retry-after-ms') ?? head.get('x-ms-retry-after-ms')) ?? seconds(head.get('retry-after'), now)
  if (said !== undefined) return Math.max(said, 0)
  return head.status === 429 ? untilReset(head, now) : undefined
}

/** The last of the limits that have nothing left; of all, where none says how much is left. */
function untilReset(head: ResponseHead, now: number): number | undefined {
  let isKnown = false
  let longest: number | undefined
  let longestUsedUp: number | undefined
  for (const name of head.names()) {
    const match = RESET.exec(name)
    if (!match) continue
    const wait = moment(head.get(name), now)
    if (wait === undefined) continue
    const remaining = number(head.get(name.replace('reset', 'remaining')))
    if (remaining !== undefined) isKnown = true
    longest = Math.max(longest ?? 0, wait)
    if (remaining !== undefined && remaining <= 0) longestUsedUp = Math.max(longestUsedUp ?? 0, wait)
  }
  return isKnown ? longestUsedUp : longest
}

/** `x-ratelimit-reset-tokens` (OpenAI and many others), `anthropic-ratelimit-requests-reset`, `ratelimit-reset`. */
const RESET = /^(?:x-)?ratelimit-reset(?:-[a-z-]+)?$|^anthropic-ratelimit-[a-z-]+-reset$/

/** A point in time or a span, in any of the forms that providers use: `6m0s`, `1.5`, `1767225600`, RFC 3339. */
function moment(text: string | undefined, now: number): number | undefined {
  const plain = number(text)
  if (plain !== undefined) {
    // No limit lasts for thirty years: it is a point in time, in milliseconds or in seconds.
    if (plain > 1e12) return Math.max(plain - now, 0)
    if (plain > 1e9) return Math.max(plain * 1000 - now, 0)
    return plain * 1000
  }
  return span(text) ?? date(text, now)
}

function seconds(text: string | undefined, now: number): number | undefined {
  const plain = number(text)
  return plain !== undefined ? plain * 1000 : date(text, now)
}

function date(text: string | undefined, now: number): number | undefined {
  // Engines take many a text for a date; those meant here have letters or a dash in them, and four digits of a year.
  if (!text || !/\d{4}/.test(text) || !/[A-Za-z-]/.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(at - now, 0)
}

/** As Go writes durations. */
function span(text: string | undefined): number | undefined {
  if (!text || !/^(?:[\d.]+(?:ms|us|µs|ns|h|m|s))+$/.test(text)) return undefined
  let sum = 0
  for (const [, value, unit] of text.matchAll(/([\d.]+)(ms|us|µs|ns|h|m|s)/g)) sum += Number(value) * UNITS[unit!]!
  return Number.isNaN(sum) ? undefined : sum
}

const UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : undefined
}
