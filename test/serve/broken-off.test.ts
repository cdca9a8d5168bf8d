import { expect, it } from 'vitest'
import { serve, startUpstream } from '../support/serving.ts'
import { until } from '../support/until.ts'

it('a request that a shutdown breaks off is told when to come again', async () => {
  const upstream = await startUpstream(() => {})
  const g = await serve({
    extends: 'passthrough',
    providers: { openai: { base_url: `${upstream.url}/v1`, api_key: 'k' } },
  })
  try {
    const body = JSON.stringify({ model: 'm', messages: [] })
    const headers = { 'content-type': 'application/json' }
    const response = fetch(`${g.url}/v1/chat/completions`, { method: 'POST', headers, body })
    await until(() => upstream.received.length === 1, 'the provider has the request')
    await g.gateway.generation.retire(0)
    const { status, headers: told } = await response
    expect([status, told.get('retry-after')]).toEqual([503, '1'])
  } finally {
    await g.close()
    await upstream.close()
  }
})
