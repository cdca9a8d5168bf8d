import { expect, it } from 'vitest'
import openai from '../../plugins/openai/index.ts'
import { definePlugin } from '../../src/index.ts'
import { providersAt, serve, startUpstream, until } from '../support/serving.ts'

const headers = { 'content-type': 'application/json' }
const post = (url: string, body: string, signal = AbortSignal.timeout(5_000)) =>
  fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body, signal })

it('a body that nobody reads may be anything between its braces', async () => {
  const upstream = await startUpstream()
  const gateway = await serve({ plugins: [openai()], providers: { openai: providersAt(upstream.url)['openai']! } })
  const body = '{"model":tru, nonsense}'
  const response = await post(gateway.url, body)
  expect([response.status, await response.text()]).toEqual([200, '{"ok":true}'])
  expect(upstream.received[0]!.body.toString()).toBe(body)
  await gateway.close()
  await upstream.close()
})

it('a field whose value is not JSON is the client’s mistake, not the plugin’s', async () => {
  const router = definePlugin({ name: 'router', setup: () => ({ normalize: request => void request.peek('model') }) })
  const gateway = await serve({ plugins: [openai(), router()] })
  const response = await post(gateway.url, '{"model":{"a":tru}}')
  expect(response.status).toBe(400)
  expect(await response.text()).toContain('LR_BAD_JSON')
  await gateway.close()
})

it('an attempt names the model asked for, and none where the body cannot be read', async () => {
  const models: (string | undefined)[] = []
  const watcher = definePlugin({
    name: 'watcher',
    setup: () => ({ record: ({ attempts }) => void models.push(...attempts.map(each => each.model)) }),
  })
  const upstream = await startUpstream()
  const providers = { openai: providersAt(upstream.url)['openai']! }
  const gateway = await serve({ plugins: [openai(), watcher()], providers })
  for (const body of ['{"model":"m"}', '{"model":}']) await post(gateway.url, body)
  await until(() => models.length === 2)
  expect(models).toEqual(['m', undefined])
  await gateway.close()
  await upstream.close()
})

it('an exchange whose client leaves has its attempt when it is recorded', async () => {
  const outcomes: unknown[] = []
  const watcher = definePlugin({
    name: 'watcher',
    setup: () => ({ record: ({ outcome, attempts }) => void outcomes.push(outcome, attempts[0]?.failure) }),
  })
  const upstream = await startUpstream(() => undefined)
  const providers = { openai: providersAt(upstream.url)['openai']! }
  const gateway = await serve({ plugins: [openai(), watcher()], providers })
  const leaving = new AbortController()
  const answer = post(gateway.url, '{}', leaving.signal)
  await until(() => upstream.received.length === 1)
  leaving.abort()
  await expect(answer).rejects.toThrow()
  await until(() => outcomes.length > 0)
  expect(outcomes).toEqual(['cancelled', 'cancelled'])
  await gateway.close()
  await upstream.close()
})
