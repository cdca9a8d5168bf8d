import { expect, it } from 'vitest'
import type { ResponseHead } from '../src/exchange.ts'
import { retryAfter } from '../src/retry-after.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')

function head(headers: Readonly<Record<string, string>>, status = 429): ResponseHead {
  return { status, get: name => headers[name], names: () => Object.keys(headers) }
}

it.each<[what: string, headers: Record<string, string>, wait: number | undefined]>([
  ['seconds', { 'retry-after': '7' }, 7000],
  ['seconds with a fraction', { 'retry-after': '0.25' }, 250],
  ['none at all', { 'retry-after': '0' }, 0],
  ['a date', { 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
  ['a date that has passed', { 'retry-after': 'Wed, 31 Dec 2025 23:00:00 GMT' }, 0],
  ['milliseconds', { 'retry-after-ms': '125.5' }, 125.5],
  ['milliseconds before seconds', { 'retry-after-ms': '125', 'retry-after': '1' }, 125],
  ["Azure's milliseconds", { 'x-ms-retry-after-ms': '250', 'retry-after': '1' }, 250],
  ['nonsense', { 'retry-after': 'soon' }, undefined],
  ['a negative number', { 'retry-after': '-3' }, undefined],
  ['a number that is not one', { 'retry-after': '1e3' }, undefined],
  ['nothing', {}, undefined],
  ["OpenAI's durations", { 'x-ratelimit-reset-requests': '6m0s' }, 360_000],
  ['durations below a second', { 'x-ratelimit-reset-tokens': '1m2.5s', 'x-ratelimit-reset-requests': '20ms' }, 62_500],
  [
    'the limit that was used up',
    {
      'x-ratelimit-reset-tokens': '9s',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-requests': '6m0s',
      'x-ratelimit-remaining-requests': '59',
    },
    9000,
  ],
  [
    'limits of which none was used up',
    { 'x-ratelimit-reset-tokens': '9s', 'x-ratelimit-remaining-tokens': '5' },
    undefined,
  ],
  ["Anthropic's points in time", { 'anthropic-ratelimit-requests-reset': '2026-01-01T00:01:00Z' }, 60_000],
  [
    "Anthropic's limits of tokens",
    {
      'anthropic-ratelimit-input-tokens-reset': '2026-01-01T00:00:05Z',
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-requests-reset': '2026-01-01T00:01:00Z',
      'anthropic-ratelimit-requests-remaining': '10',
    },
    5000,
  ],
  ['seconds since 1970', { 'x-ratelimit-reset': String(NOW / 1000 + 12) }, 12_000],
  ['milliseconds since 1970', { 'x-ratelimit-reset': String(NOW + 1500) }, 1500],
  ['seconds from now', { 'ratelimit-reset': '3' }, 3000],
  ['retry-after before limits', { 'retry-after': '1', 'x-ratelimit-reset-requests': '6m0s' }, 1000],
])('%s', (_, headers, wait) => {
  expect(retryAfter(head(headers), NOW)).toBe(wait)
})

it('limits say nothing about a failure that is not one of limits', () => {
  expect(retryAfter(head({ 'x-ratelimit-reset-requests': '6m0s' }, 503), NOW)).toBeUndefined()
  expect(retryAfter(head({ 'retry-after': '2' }, 503), NOW)).toBe(2000)
})
