import { describe, expect, it, onTestFinished } from 'vitest'
import { definePlugin, type Plugin } from '../../src/index.ts'
import { type SessionEvent, type SessionFeed, sessionFeedService, statisticsService } from '../../src/sessions/index.ts'
import { testDialect } from '../../src/testing/dialect.ts'
import { harness } from '../../src/testing.ts'
import { testFolder } from '../../test/support/folder.ts'
import { serve } from '../../test/support/serving.ts'
import { sessionEvents } from '../../test/support/sessions.ts'
import { SqliteStore } from '../session-sqlite/store.ts'
import { SqliteWriter } from '../session-sqlite/writer.ts'
import { formatStatistics } from './format.ts'
import sessionStats from './index.ts'
import { readStored } from './stored.ts'
import { Tracker } from './tracker.ts'

/** A feed that a test speaks into; like a recorder's, it has its last word when the gateway ends. */
function feed(): { plugin: Plugin; say(events: readonly SessionEvent[]): void; last: SessionEvent[] } {
  const listeners = new Set<(events: readonly SessionEvent[]) => void>()
  const say = (events: readonly SessionEvent[]) => {
    for (const each of listeners) each(events)
  }
  const source: SessionFeed = {
    follow(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const last: SessionEvent[] = []
  const plugin = definePlugin({
    name: 'test-feed',
    setup(_options, { keep, offer }) {
      keep(
        'feed',
        () => source,
        () => say(last),
      )
      offer(sessionFeedService, source)
      return {}
    },
  })()
  return { plugin, say, last }
}

/** The session of the documents. */
function documented(): Tracker {
  const tracker = new Tracker(100)
  const events = sessionEvents({ id: '550e8400', at: new Date('2026-01-01T12:00:00Z'), requests: 5, cost: 0.028 })
  const counts: Record<string, number>[] = [
    { input_tokens: 490, output_tokens: 1166, thinking_tokens: 240, total_tokens: 1896 },
  ]
  const none = { reasoning_tokens: 0, cache_read_tokens: 0, cache_creation_tokens: 0 }
  const audio = { audio_input_tokens: 0, audio_output_tokens: 0 }
  for (const each of events) {
    const event = each.type === 'response_recorded' ? { ...each, ...none, ...audio, ...counts[0] } : each
    tracker.add(
      event.type === 'completed'
        ? { ...event, ...{ total_duration_ms: 2_300, provider_latency_ms: 2_288, proxy_overhead_ms: 12 } }
        : event,
    )
  }
  return tracker
}

describe('the text', () => {
  it('has the layout of the documents', () => {
    expect(formatStatistics(documented().read())).toBe(
      `📊 Session Statistics Summary
═══════════════════════════════════════
Session: 550e8400
  Requests:        5
  Input tokens:    2,450
  Output tokens:   5,830
  Thinking tokens: 1,200
  Total tokens:    9,480

  Tool usage:
    Bash: 2 calls (avg 43ms)
    Read: 2 calls (avg 42ms)

  Performance:
    Avg response time: 2.3s
    Proxy overhead:    60ms total (0.5%)
    Provider latency:  2.288s (99.5%)

💰 Estimated cost: $0.14 USD`,
    )
  })

  it.each([
    [null, 'Estimated cost: unknown, 3 requests unpriced'],
    [0.0004, 'Estimated cost: $0.0012 USD'],
  ])('with a price of %s says "%s"', (cost, said) => {
    const tracker = new Tracker(100)
    for (const each of sessionEvents({ id: 's1', at: new Date(), cost })) tracker.add(each)
    expect(formatStatistics(tracker.read())).toContain(said)
  })
})

describe('the tracker', () => {
  it('forgets the session that was quiet longest, and keeps it in the sums', () => {
    const tracker = new Tracker(2)
    const say = (id: string) => {
      for (const each of sessionEvents({ id, at: new Date(), requests: 1 })) tracker.add(each)
    }
    for (const id of ['a', 'b']) say(id)
    tracker.add(sessionEvents({ id: 'a', at: new Date(), requests: 2 }).at(-1)!)
    say('c')
    const { sessions, session_count, total } = tracker.read()
    expect(sessions.map(each => each.session_id)).toEqual(['a', 'c'])
    expect([session_count, total.request_count]).toEqual([3, 3])
    expect(formatStatistics(tracker.read())).toContain('All 3 sessions (the last 2 are shown one by one)')
  })
})

it('of a store are the same as those of the feed that filled it', async () => {
  const path = `${testFolder()}/sessions.db`
  const writer = new SqliteWriter({ path }, { warn: () => {} })
  await writer.start()
  const tracker = new Tracker(100)
  const events = [
    ...sessionEvents({ id: 'a', at: new Date(Date.now() - 60_000), requests: 4 }),
    ...sessionEvents({ id: 'b', at: new Date(Date.now() - 30_000), cost: null, fails: 1 }),
  ]
  for (const each of events) tracker.add(each)
  await writer.write(events)
  writer.close()
  const store = new SqliteStore({ path })
  onTestFinished(() => store.close())
  const stored = await readStored(store, {}, 100)
  const live = tracker.read()
  const close = (sums: object) =>
    JSON.parse(JSON.stringify(sums), (_key, value: unknown) =>
      typeof value === 'number' ? Number(value.toFixed(6)) : value,
    )
  expect(close(stored)).toEqual(close(live))
  // What is not shown one by one is in the sums all the same.
  const [first, short] = [await readStored(store, { limit: 1 }, 100), await readStored(store, {}, 1)]
  expect(first).toMatchObject({ session_count: 1, total: { request_count: 3 } })
  expect(short.sessions.map(each => each.session_id)).toEqual(['b'])
  expect(close({ ...short, sessions: [] })).toEqual(close({ ...live, sessions: [] }))
})

describe('the plugin', () => {
  it('prints once, when the gateway ends, with the last words of the recorder', async () => {
    const { plugin, say, last } = feed()
    const gateway = await serve({ plugins: [plugin, sessionStats()] })
    await fetch(gateway.url)
    say(sessionEvents({ id: 'a', at: new Date(), requests: 1 }))
    await gateway.gateway.reload()
    await fetch(gateway.url)
    say(sessionEvents({ id: 'b', at: new Date(), requests: 1 }))
    last.push(...sessionEvents({ id: 'c', at: new Date(), requests: 1 }))
    const printed = () => gateway.lines.filter(each => String(each.msg).includes('Session Statistics'))
    expect(printed()).toEqual([])
    await gateway.close()
    expect(printed()).toHaveLength(1)
    const text = String(printed()[0]!.msg)
    for (const id of ['a', 'b', 'c']) expect(text).toContain(`Session: ${id}\n  Requests:        1\n`)
  })

  it('prints nothing where nothing was recorded, or where it is told not to', async () => {
    for (const print of [true, false]) {
      const { plugin, say } = feed()
      const gateway = await serve({ plugins: [plugin, sessionStats({ print })] })
      await fetch(gateway.url)
      if (!print) say(sessionEvents({ id: 'a', at: new Date() }))
      await gateway.close()
      expect(gateway.lines.filter(each => String(each.msg).includes('Statistics'))).toEqual([])
    }
  })

  it('keeps as many sessions as session_stats_max_sessions of the config says', async () => {
    const config = { plugins: [sessionStats()], session_stats_max_sessions: 7 } as never
    const gateway = await serve(config)
    const { plugins } = gateway.gateway.generation.config
    expect(plugins[0]!.options).toMatchObject({ max_sessions: 7 })
    await gateway.close()
  })

  it('offers its sums', async () => {
    const { plugin, say } = feed()
    let read = () => 0
    const asking = definePlugin({
      name: 'test-asking',
      setup(_options, { offers }) {
        read = () => offers(statisticsService)[0]!.read().session_count
        return {}
      },
    })()
    const h = await harness(testDialect(), plugin, asking, sessionStats())
    await h.ingress(h.exchange(h.request({ model: 'm' }, { dialect: 'test' })))
    say(sessionEvents({ id: 'a', at: new Date() }))
    expect(read()).toBe(1)
    await h.close()
  })
})
