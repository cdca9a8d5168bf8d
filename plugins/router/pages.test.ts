import { describe, expect, it } from 'vitest'
import { CHAT, other, routed, to } from '../../test/support/routed.ts'

describe('the pages', () => {
  const rules = [
    { id: 'first', match: { model: 'x' }, ...to('openai') },
    { id: 'second', match: { model: 'm*', headers: { 'x-tier': 'paid' } }, ...to('other', 'n'), fallbacks: ['openai'] },
  ]

  it('GET /admin/routes lists the table in the order it is asked', async () => {
    const { g } = await routed({ rules, aliases: { fast: 'm' } }, {}, other)
    const table = (await (await g.fetch('/admin/routes')).json()) as { rules: { id: string; source: string }[] }
    expect(table.rules.map(each => `${each.id} ${each.source}`).slice(0, 3)).toEqual([
      'first config',
      'second config',
      'default_openai default',
    ])
    expect(table).toMatchObject({ aliases: { fast: { model: 'm' } }, file: expect.stringContaining('routes.json') })
  })

  it('POST /admin/routes/test tells where a request would go, and sends nothing', async () => {
    const { g } = await routed({ rules, aliases: { fast: 'm1' } }, {}, other)
    const response = await g.post('/admin/routes/test', {
      path: CHAT,
      headers: { 'X-Tier': 'paid' },
      body: { model: 'fast', messages: [] },
    })
    expect(await response.json()).toMatchObject({
      route: 'second',
      source: 'config',
      reason: 'the first rule that fits',
      model: 'fast',
      dialect: 'openai-chat',
      attempts: [
        { provider: 'other', model: 'n' },
        { provider: 'openai', model: 'm1' },
      ],
      passed_over: [{ id: 'first', because: 'model x' }],
    })
    const gem = await g.post('/admin/routes/test', { path: '/v1beta/models/gemini-3:generateContent', body: {} })
    expect(await gem.json()).toMatchObject({ route: 'default_gemini', model: 'gemini-3', dialect: 'gemini' })
    expect(g.received).toEqual([])
  })

  it.each([
    ['GET', '/admin/routes/test', undefined, 405],
    ['POST', '/admin/routes', '{}', 405],
    ['POST', '/admin/routes/test', '{', 400],
    ['POST', '/admin/routes/test', '{"path":"/nowhere"}', 400],
    ['POST', '/admin/routes/test', '{"path":"/v1/chat/completions","headers":{"x-luna-route":"zz"}}', 400],
  ])('%s %s with %s is refused', async (method, path, body, status) => {
    const { g } = await routed()
    expect((await g.fetch(path, { method, ...(body !== undefined && { body }) })).status).toBe(status)
  })

  it('are not for pages of the web', async () => {
    const { g } = await routed()
    const response = await g.fetch('/admin/routes', { headers: { 'x-forwarded-for': '192.0.2.1' } })
    expect(response.status).toBe(403)
  })
})
