import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { definePlugin, redactorService } from '../../src/index.ts'
import { filesIn, of, recorded, scratch } from '../../test/recording/rig.ts'

const CHAT = '/v1/chat/completions'
const call = { id: 'SECRET', type: 'function', function: { name: 'read', arguments: '{"path":"a"}' } }
const message = { role: 'assistant', content: 'a SECRET', tool_calls: [call] }
const answer = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-5-2026',
  choices: [{ index: 0, message, finish_reason: 'stop' }],
}

it('writes no credential of a header or a query, in any file or log', async () => {
  const canary = 'canary-5f1c9e'
  const directory = scratch()
  const { g, stop } = await recorded({ directory, upstream: () => ({ body: answer }) })
  const names = [
    'authorization',
    'x-api-key',
    'x-goog-api-key',
    'api-key',
    'cookie',
    'proxy-authorization',
    'x-auth-token',
  ]
  const more = ['x-amz-security-token', 'x-client-secret', 'x-access-token', 'x-my-password', 'x-signature']
  for (const name of [...names, ...more]) {
    const value = name === 'authorization' ? `Bearer ${canary}` : canary
    await (
      await g.post(`${CHAT}?key=${canary}&api_key=${canary}&access_token=${canary}`, { model: 'm' }, { [name]: value })
    ).text()
  }
  await (await g.post(CHAT, { model: 'm' }, { 'x-forwarded-for-auth': `Bearer ${canary}` })).text()
  expect(of(await stop(), 'started')).toHaveLength(13)
  for (const path of filesIn(directory)) expect(readFileSync(path).includes(canary), path).toBe(false)
  expect(g.logs.join('').includes(canary)).toBe(false)
})

it('lets a redactor see every text before anything is written', async () => {
  const module = `data:text/javascript,${encodeURIComponent(`
    const text = t => t.replaceAll('SECRET', '***')
    const json = v => JSON.parse(text(JSON.stringify(v)))
    export const createRedactor = () => ({ text, json })
  `)}`
  const offering = definePlugin({
    name: 'hider',
    setup(_options, api) {
      api.offer(redactorService, { redactor: undefined as never, module, options: null })
      return {}
    },
  })
  const directory = scratch()
  const { g, stop } = await recorded({
    directory,
    upstream: () => ({ body: answer }),
    plugins: [offering()],
  })
  const headers = { 'x-session-id': 'SECRET', 'x-session-tags': 'SECRET', 'user-agent': 'SECRET', 'x-else': 'SECRET' }
  await (
    await g.post(
      `${CHAT}?a=SECRET`,
      { model: 'SECRET', user: 'SECRET', messages: [{ role: 'user', content: 'SECRET' }] },
      headers,
    )
  ).text()
  const events = await stop()
  expect(events).toHaveLength(5)
  expect(JSON.stringify(events)).not.toContain('SECRET')
  expect(filesIn(directory).join()).not.toContain('SECRET')
})
