import { gateway, harness } from 'lunaroute/testing'
import { expect, test } from 'vitest'
import headerStamp from './header-stamp.ts'
import config from './lunaroute.config.ts'

test('adds the header to what leaves', async () => {
  const h = await harness(headerStamp({ team: 'search' }))
  const attempt = await h.egress({ headers: { accept: '*/*' } })
  expect(attempt.headers).toEqual({ accept: '*/*', 'x-team': 'search' })
  await h.close()
})

test('wants a team', async () => {
  await expect(harness(headerStamp({ team: '' }))).rejects.toThrow('option team of plugin "header-stamp"')
})

test('reaches the provider, and leaves the body alone', async () => {
  const g = await gateway(config, { upstream: () => ({ body: { ok: true } }) })
  await g.post('/v1/chat/completions', '{ "model": "m" }')
  expect(g.received[0]?.headers['x-team']).toBe('search')
  expect(g.received[0]?.body.toString()).toBe('{ "model": "m" }')
  await g.close()
})
