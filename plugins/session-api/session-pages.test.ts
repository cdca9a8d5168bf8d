import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { definePlugin } from '../../src/index.ts'
import { sessionLogService } from '../../src/sessions/index.ts'
import { testFolder } from '../../test/support/folder.ts'
import { api, database, idsOf } from '../../test/support/session-api.ts'
import { sessionEvents, TOTAL_TOKENS } from '../../test/support/sessions.ts'
import { createSessionLog } from '../session-jsonl/log.ts'
import { rulesOf } from '../session-jsonl/options.ts'
import { createWriter } from '../session-jsonl/writer.ts'
import { SqliteWriter } from '../session-sqlite/writer.ts'

/** A request with these things said by the user, and an answer to each but the last. */
function talk(...said: readonly string[]): object {
  const messages = said.flatMap((content, at) => [
    ...(at > 0 ? [{ role: 'assistant', content: 'said' }] : []),
    { role: 'user', content },
  ])
  return { model: 'claude-sonnet-4', max_tokens: 9, system: 'rules', messages }
}

describe('one session', () => {
  it('has its sums', async () => {
    const { ask } = await api()
    expect((await ask('/sessions/one')).body).toMatchObject({ request_count: 4, total_tokens: TOTAL_TOKENS * 4 })
  })

  it('has a timeline both ways, page by page', async () => {
    const { ask } = await api()
    const whole = (await ask('/sessions/one/timeline')).body
    const events = whole.events as unknown as { timestamp: string }[]
    expect(whole.total).toBe(events.length)
    expect(events.map(each => each.timestamp)).toEqual(events.map(each => each.timestamp).sort())
    for (const [order, expected] of [
      ['asc', events],
      ['desc', [...events].reverse()],
    ] as const) {
      const seen: unknown[] = []
      let cursor = ''
      do {
        const page = (await ask(`/sessions/one/timeline?order=${order}&limit=3${cursor}`)).body
        seen.push(...(page.events as unknown as object[]))
        cursor = page.next === null ? '' : `&cursor=${page.next}`
      } while (cursor !== '')
      expect(seen).toEqual(expected)
    }
  })

  it('has a timeline whose pages stay where they are when events come meanwhile', async () => {
    const path = join(testFolder(), 'sessions.db')
    const writer = new SqliteWriter({ path }, { warn: () => {} })
    onTestFinished(() => writer.close())
    const events = sessionEvents({ id: 's', at: new Date(), requests: 2 })
    const half = events.length / 2
    await writer.write(events.slice(0, half))
    const { ask } = await api({}, path)
    const page = async (query: string) => {
      const { body } = await ask(`/sessions/s/timeline?order=desc&limit=2${query}`)
      const shown = body.events as unknown as { request_id: string; sequence: number }[]
      return { next: body.next, seen: shown.map(each => `${each.request_id} ${each.sequence}`) }
    }
    const first = await page('')
    await writer.write(events.slice(half))
    const second = await page(`&cursor=${first.next}`)
    const newest = events.slice(0, half).reverse().slice(0, 4)
    expect([...first.seen, ...second.seen]).toEqual(newest.map(each => `${each.request_id} ${each.sequence}`))
  })

  it('has each request raw', async () => {
    const { ask } = await api()
    expect((await ask('/sessions/one/raw/one-r1')).body).toMatchObject({
      request: { model: 'claude-sonnet-4', messages: expect.any(Array) },
      response: { role: 'assistant' },
      status: 200,
      request_headers: { 'anthropic-version': '2023-06-01' },
    })
  })

  it('has its tools', async () => {
    const { ask } = await api()
    expect((await ask('/sessions/one/tools')).body).toMatchObject({
      total_tool_calls: 3,
      tool_usage_percentage: 75,
      by_tool: [
        { tool_name: 'Read', call_count: 2, avg_time_ms: 42 },
        { tool_name: 'Bash', call_count: 1, avg_time_ms: 42 },
      ],
    })
  })

  it('shows in its conversation what each request added, on every page', async () => {
    const { ask } = await api()
    interface Turn {
      added: { role: string; content: { type: string; text?: string }[] }[]
      answer: { content: { type: string; text?: string }[] }
    }
    const turns = (await ask('/sessions/one/conversation')).body.turns as unknown as Turn[]
    expect(turns.map(each => each.added.map(message => message.role))).toEqual([
      ['user'],
      ['tool', 'user'],
      ['tool', 'user'],
      ['tool', 'user'],
    ])
    expect(turns.map(each => each.added.at(-1)!.content[0]!.text)).toEqual(
      [0, 1, 2, 3].map(n => `question ${n} of one`),
    )
    expect(turns.map(each => each.answer.content[0]!.text)).toEqual([0, 1, 2, 3].map(n => `answer ${n} of one`))
    const page = (await ask('/sessions/one/conversation?cursor=2&limit=1')).body
    expect(page).toMatchObject({ turns: [turns[2]], total: 4, next: '3' })
  })

  it.each<[what: string, bodies: readonly object[], added: readonly (readonly string[])[]]>([
    [
      'what else the client asked between two turns',
      [talk('a'), { ...talk('name this'), system: 'You name sessions' }, talk('a', 'b'), talk('a', 'b', 'c')],
      [['rules', 'a'], ['You name sessions', 'name this'], ['b'], ['c']],
    ],
    [
      'instructions that change',
      [
        talk('a'),
        { ...talk('a', 'b'), system: 'rules of 10:01' },
        { ...talk('a', 'b', 'c'), system: 'rules of 10:01' },
      ],
      [['rules', 'a'], ['rules of 10:01', 'b'], ['c']],
    ],
    [
      'a text that is a string later',
      [{ ...talk('a'), messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }] }] }, talk('a', 'b')],
      [['rules', 'a'], ['b']],
    ],
    ['a request that is tried twice', [talk('a'), talk('a'), talk('a', 'b')], [['rules', 'a'], [], ['b']]],
    ['a turn that is said anew', [talk('a', 'b'), talk('a', 'x')], [['rules', 'a', 'said', 'b'], ['x']]],
  ])('adds once what was said, beside %s', async (_what, bodies, added) => {
    const path = join(testFolder(), 'sessions.db')
    const writer = new SqliteWriter({ path }, { warn: () => {} })
    let at = 0
    const events = sessionEvents({ id: 's', at: new Date(), requests: bodies.length }).map(each =>
      each.type === 'request_recorded' ? { ...each, request_json: bodies[at++] } : each,
    )
    await writer.write(events)
    writer.close()
    const { ask } = await api({}, path)
    const wordsOn = async (query: string) => {
      const turns = (await ask(`/sessions/s/conversation${query}`)).body.turns as unknown as {
        added: { content: { text: string }[] }[]
      }[]
      return turns.map(turn => turn.added.map(message => message.content[0]!.text))
    }
    expect(await wordsOn('')).toEqual(added)
    for (const [place, words] of added.entries()) {
      expect(await wordsOn(`?limit=1&cursor=${place}`)).toEqual([words])
    }
  })

  it('is deleted from the log, too, so that no repair brings it back', async () => {
    const directory = testFolder()
    const options = { directory, encryption: null, retention: rulesOf({ retention: {} }) }
    const writer = await createWriter(options, { warn: () => {} })
    await writer.write([
      ...sessionEvents({ id: 'one', at: new Date() }),
      ...sessionEvents({ id: 'two', at: new Date() }),
    ])
    await writer.close?.()
    const log = createSessionLog(options)
    const offered = definePlugin({
      name: 'test-log',
      setup(_options, { offer }) {
        offer(sessionLogService, { log, place: directory, module: '', options })
        return {}
      },
    })
    const { ask } = await api({ allow_delete: true }, undefined, [offered()])
    expect((await ask('/sessions/one', { method: 'DELETE' })).status).toBe(204)
    const left: string[] = []
    for await (const entry of log.entries()) left.push(entry.session_id)
    expect(left).toEqual(['two'])
  })

  it('is deleted only where that is allowed', async () => {
    const path = await database()
    const closed = await api({}, path)
    expect((await closed.ask('/sessions/one', { method: 'DELETE' })).status).toBe(403)
    const open = await api({ allow_delete: true }, path)
    expect((await open.ask('/sessions/one', { method: 'DELETE' })).status).toBe(204)
    expect((await open.ask('/sessions/one', { method: 'DELETE' })).status).toBe(404)
    expect(idsOf((await open.ask('/sessions')).body)).toEqual(['two', 'three'])
  })
})

describe('statistics', () => {
  it('add up', async () => {
    const { ask } = await api()
    expect((await ask('/stats/overview')).body).toMatchObject({
      total_sessions: 3,
      total_requests: 10,
      failed_requests: 1,
      total_tokens: TOTAL_TOKENS * 9,
      total_cost: expect.closeTo(0.06),
      unpriced_requests: 3,
      success_rate: expect.closeTo(0.9),
    })
    expect((await ask('/stats/overview?hours=24')).body).toMatchObject({ total_sessions: 2, unpriced_requests: 0 })
    expect((await ask('/stats/spending')).body).toMatchObject({
      total_cost: expect.closeTo(0.06),
      avg_cost_per_session: expect.closeTo(0.02),
      unpriced_requests: 3,
      by_model: [
        { model_name: 'claude-sonnet-4', session_count: 2 },
        { model_name: 'gpt-x', total_cost: null, unpriced_requests: 3 },
      ],
    })
  })

  it('of sessions are those of this gateway, or with a filter the stored ones, for programs and people', async () => {
    const { ask, feed, url } = await api()
    await ask('/sessions')
    feed.say(sessionEvents({ id: 'live', at: new Date(), requests: 2 }))
    expect((await ask('/stats/sessions')).body).toMatchObject({ session_count: 1, sessions: [{ session_id: 'live' }] })
    expect((await ask('/stats/sessions?since=30d')).body).toMatchObject({
      session_count: 3,
      total: { request_count: 10 },
    })
    const text = await (await fetch(`${url}/stats/sessions?format=text`)).text()
    expect(text).toContain('Session: live')
  })
})
