import { expect, it } from 'vitest'
import { serve, startUpstream } from '../../test/support/serving.ts'
import anthropic from '../anthropic/index.ts'
import modelMap from '../model-map/index.ts'
import openai from '../openai/index.ts'
import translate from './index.ts'

it.each<[what: string, headers: Record<string, string>]>([
  ['a date', { 'retry-after': new Date(Date.now() + 90_000).toUTCString() }],
  ['the time at which its limit is reset', { 'anthropic-ratelimit-requests-reset': in90Seconds() }],
  ["Azure's milliseconds", { 'x-ms-retry-after-ms': '90000' }],
])('a provider that says when to come again by %s is passed on in seconds', async (_, headers) => {
  const error = { type: 'rate_limit_error', message: 'no' }
  const upstream = await startUpstream((_request, response) => {
    response.writeHead(429, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify({ type: 'error', error }))
  })
  const gateway = await serve({
    plugins: [openai(), anthropic(), modelMap({ 'claude-*': { provider: 'anthropic' } }), translate()],
    providers: { anthropic: { base_url: upstream.url, api_key: 'k' } },
  })
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'claude-x', messages: [{ role: 'user', content: 'hi' }] }),
  })
  const seconds = Number(response.headers.get('retry-after'))
  expect(response.status).toBe(429)
  expect(seconds).toBeGreaterThan(60)
  expect(seconds).toBeLessThanOrEqual(91)
  await gateway.close()
  await upstream.close()
})

function in90Seconds(): string {
  return new Date(Date.now() + 90_000).toISOString()
}
