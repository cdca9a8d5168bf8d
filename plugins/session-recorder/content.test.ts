import { expect, it } from 'vitest'
import { of, recorded } from '../../test/recording/rig.ts'
import { zstdStream } from '../../test/support/zstd-stream.ts'
import { decoded, loadUnzstd } from './worker/content.ts'
import { countsOf, countTokens } from './worker/tokens.ts'

it('unpacks zstd of any size that came as a stream', async () => {
  const unzstd = await loadUnzstd()
  for (const size of [10, 3_000_000]) {
    const body = Buffer.alloc(size, 'answer ')
    expect(decoded(zstdStream(body), 'zstd', unzstd).equals(body)).toBe(true)
  }
  expect(() => decoded(Buffer.from('no zstd'), 'zstd', unzstd)).toThrow()
})

it('unpacks zstd that broke off as far as it goes', async () => {
  const cut = zstdStream(Buffer.alloc(250_000, 'answer ')).subarray(0, 220_000)
  const text = decoded(cut, 'zstd', await loadUnzstd()).toString()
  expect([text.length, text.slice(0, 7)]).toEqual([200_000, 'answer '])
})

it('counts nothing where a server tells of less than nothing', () => {
  const counts = countsOf({ inputTokens: 5, outputTokens: -1, cachedTokens: -1, reasoningTokens: -1 }, undefined)
  expect(counts).toMatchObject({ input_tokens: 5, output_tokens: 0, reasoning_tokens: 0, cache_read_tokens: 0 })
})

it('counts in whole numbers, and takes those that none can be as untold', () => {
  const answer = { isComplete: true, written: 40, asked: 400 }
  const { counts } = countTokens({ inputTokens: 7.5, cachedTokens: 2.2, outputTokens: 1.4 }, undefined, answer)
  expect(counts).toMatchObject({ input_tokens: 6, cache_read_tokens: 2, output_tokens: 1 })
  for (const absurd of [1e300, Number.POSITIVE_INFINITY, Number.NaN, Number.MAX_SAFE_INTEGER]) {
    const counted = countTokens({ inputTokens: absurd, cachedTokens: absurd, outputTokens: 5 }, undefined, answer)
    expect(counted.isEstimated).toBe(true)
    expect(counted.counts).toMatchObject({ input_tokens: 100, cache_read_tokens: 0, output_tokens: 5 })
  }
})

it('says of a failure without a message which status it had', async () => {
  const { g, stop } = await recorded({ upstream: () => ({ status: 401, body: { detail: 'Invalid API Key' } }) })
  await (await g.post('/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content: 'hi' }] })).text()
  expect(of(await stop(), 'completed')).toMatchObject([
    { success: false, error: 'the provider answered with status 401' },
  ])
})
