import { describe, expect, it } from 'vitest'
import type { SessionFilter } from '../../src/sessions/index.ts'
import { ago, bench, HOUR, shape } from '../../test/support/session-database.ts'
import { type SessionShape, sessionEvents } from '../../test/support/sessions.ts'

describe('a list', () => {
  const shapes: SessionShape[] = Array.from({ length: 23 }, (_, i) =>
    shape(`s${i}`, {
      at: ago((i % 7) * HOUR * 24 + HOUR),
      requests: 1 + (i % 3),
      cost: i % 2 === 0 ? null : 0.1 * i,
      model: i % 4 === 0 ? 'gpt-5' : 'claude-opus-4',
      provider: i % 4 === 0 ? 'openai' : 'anthropic',
      ...(i === 5 && { fails: 0, tags: ['team', "o'hara"] }),
      ...(i === 6 && { isCut: true, userAgent: 'codex_cli/1', caller: 'ci' }),
    }),
  )
  const filled = async () => {
    const made = await bench()
    await made.writer.write(shapes.flatMap(sessionEvents))
    return made
  }

  it.each([
    'newest',
    'oldest',
    'tokens',
    'cost',
  ] as const)('by %s shows every session once, page after page', async order => {
    const { reader } = await filled()
    const whole = reader.list({ order, limit: 1000 })
    expect(whole.sessions).toHaveLength(23)
    const ids: string[] = []
    let cursor: string | null = null
    do {
      const page = reader.list({ order, limit: 4, ...(cursor !== null && { cursor }) })
      ids.push(...page.sessions.map(each => each.session_id))
      cursor = page.next
    } while (cursor !== null)
    expect(ids).toEqual(whole.sessions.map(each => each.session_id))
  })

  it.each<[string, SessionFilter, (each: SessionShape, index: number) => boolean]>([
    ['model', { model: 'gpt-5' }, each => each.model === 'gpt-5'],
    ['a pattern of models', { model: 'claude-*' }, each => each.model !== 'gpt-5'],
    ['provider', { provider: 'openai' }, each => each.provider === 'openai'],
    ['a failure', { status: 'error' }, (_, i) => i === 5],
    ['running', { status: 'running' }, (_, i) => i === 6],
    ['ok', { status: 'ok' }, (_, i) => i !== 5 && i !== 6],
    ['tag', { tag: "o'hara" }, (_, i) => i === 5],
    ['user agent', { user_agent: 'codex*' }, (_, i) => i === 6],
    ['caller', { caller: 'ci' }, (_, i) => i === 6],
    ['since', { since: ago(50 * HOUR).toISOString() }, (_, i) => i % 7 <= 2],
    ['until', { until: ago(26 * HOUR).toISOString() }, (_, i) => i % 7 >= 2],
    [
      'two things',
      { model: 'gpt-5', since: ago(24 * HOUR).toISOString() },
      (each, i) => each.model === 'gpt-5' && i % 7 === 0,
    ],
  ])('filters by %s', async (_, filter, isMeant) => {
    const { reader } = await filled()
    const ids = reader.list({ ...filter, limit: 100 }).sessions.map(each => each.session_id)
    expect(ids.sort()).toEqual(
      shapes
        .filter(isMeant)
        .map(each => each.id)
        .sort(),
    )
    expect(ids.length).toBeGreaterThan(0)
  })

  it('refuses a cursor of another list, or none at all', async () => {
    const { reader } = await filled()
    const { next } = reader.list({ order: 'tokens', limit: 2 })
    const forged = Buffer.from(JSON.stringify(['newest', 1, 's1'])).toString('base64url')
    for (const cursor of [next!, 'nonsense', forged]) {
      expect(() => reader.list({ order: 'newest', cursor })).toThrow('the cursor is none of this list')
    }
  })

  it.each([
    'overview',
    'tokens',
    'tools',
    'models',
    'hours',
    'spending',
    'costs',
    'user_agents',
    'providers',
    'session_tools',
  ])('the report %s counts only what its filter lets through', async name => {
    const { reader } = await filled()
    expect(reader.report(name, {}).length).toBeGreaterThan(0)
    const none = reader.report(name, { since: ago(-HOUR).toISOString(), model: 'gpt-5', provider: 'x', caller: 'y' })
    expect(none.length).toBe(name === 'overview' || name === 'costs' ? 1 : 0)
  })
})
