import type { ResponseHead } from 'lunaroute'

/** No provider is left alone for longer than two days, whatever it says. In milliseconds. */
export const LONGEST = 172_800_000

/** Kinds of limits that OpenAI and Anthropic tell of, by the beginnings and ends of their headers' names. */
const LIMITS = [
  ['x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'],
  ['x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens'],
  ['anthropic-ratelimit-requests-remaining', 'anthropic-ratelimit-requests-reset'],
  ['anthropic-ratelimit-tokens-remaining', 'anthropic-ratelimit-tokens-reset'],
  ['anthropic-ratelimit-input-tokens-remaining', 'anthropic-ratelimit-input-tokens-reset'],
  ['anthropic-ratelimit-output-tokens-remaining', 'anthropic-ratelimit-output-tokens-reset'],
] as const

/**
 * Milliseconds until a provider wants to be asked again; undefined where it does not say. `retry-after` wins, in
 * milliseconds, seconds or as a date; then the limits that are used up. `now`: milliseconds since 1970.
 */
export function retryAfter(head: ResponseHead | undefined, now: number): number | undefined {
  if (!head) return undefined
  const told = inMilliseconds(head.get('retry-after-ms')) ?? inSecondsOrDate(head.get('retry-after'), now)
  const wait = told ?? resetOf(head, now)
  return wait === undefined ? undefined : Math.min(Math.max(0, wait), LONGEST)
}

function inMilliseconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined
}

function inSecondsOrDate(text: string | undefined, now: number): number | undefined {
  const seconds = inMilliseconds(text?.trim())
  if (seconds !== undefined) return seconds * 1000
  const date = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(date) ? undefined : date - now
}

function resetOf(head: ResponseHead, now: number): number | undefined {
  const waits = LIMITS.flatMap(([remaining, reset]) => {
    const text = head.get(remaining) === '0' ? head.get(reset) : undefined
    return (text && (durationOf(text) ?? inSecondsOrDate(text, now))) ?? []
  })
  return waits.length > 0 ? Math.max(...waits.map(Number)) : undefined
}

/** OpenAI's durations: `6m0s`, `1.5s`, `20ms`. */
function durationOf(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(text)) return undefined
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
  return [...text.matchAll(/([\d.]+)(ms|[smhd])/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * units[unit!]!,
    0,
  )
}
