import { expect, it } from 'vitest'
import { UsageRecord } from '../src/usage-record.ts'

it('keeps whole numbers of tokens, and none that would spoil sums', () => {
  const record = new UsageRecord()
  record.add({ inputTokens: 10, outputTokens: 1.6, serviceTier: 'flex' })
  for (const absurd of [1e300, Number.POSITIVE_INFINITY, Number.NaN])
    record.add({ inputTokens: absurd, outputTokens: 3 })
  record.add({ cachedTokens: -1, outputTokens: undefined })
  expect(record.usage).toEqual({ inputTokens: 10, outputTokens: 3, cachedTokens: 0, serviceTier: 'flex' })
})
