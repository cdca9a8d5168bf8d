import { describe, expect, it, onTestFinished } from 'vitest'
import { definePlugin } from '../../src/index.ts'
import {
  type SessionEvent,
  type SessionFeed,
  sessionFeedService,
  sessionWriterService,
} from '../../src/sessions/index.ts'
import { gateway } from '../../src/testing.ts'
import { recorded, recording, scratch } from '../../test/recording/rig.ts'
import { until } from '../../test/support/until.ts'
import { Feed } from './feed.ts'

const CHAT = '/v1/chat/completions'
const PATIENCE = 20_000
const answer = { choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }] }
const bodyOf = (text: string) => ({ model: 'm', messages: [{ role: 'user', content: text }] })
const upstream = () => ({ body: answer })

/** A plugin that gives a test the feed. */
function listening() {
  let feed: SessionFeed | undefined
  const plugin = definePlugin({
    name: 'listening',
    setup(_options, api) {
      return {
        ingress() {
          feed = api.offers(sessionFeedService)[0]
        },
      }
    },
  })()
  return { plugin, feed: () => feed! }
}

/** A writer that holds what it is given until the test lets it go. */
function holding() {
  let letGo: () => void = () => undefined
  const held = new Promise<void>(resolve => {
    letGo = resolve
  })
  let asked = false
  const write = async (): Promise<void> => {
    asked = true
    await held
  }
  const plugin = definePlugin({
    name: 'holding',
    setup(_options, api) {
      api.offer(sessionWriterService, { name: 'holding', writer: { write } })
      return {}
    },
  })()
  return { plugin, letGo, isAsked: () => asked }
}

describe('the feed', () => {
  it('tells of events once every writer has them', async () => {
    const { plugin, feed } = listening()
    const writer = holding()
    const { g } = await recorded({ upstream, plugins: [plugin, writer.plugin] })
    // The first exchange is for the plugin to find the feed.
    await (await g.fetch('/v1/models')).text()
    const told: SessionEvent[] = []
    feed().follow(events => told.push(...events))
    await (await g.post(CHAT, bodyOf('hi'))).text()
    await until(writer.isAsked, 'the writer is asked', PATIENCE)
    expect(told).toEqual([])
    writer.letGo()
    await until(() => told.length === 4, 'the events are told', PATIENCE)
    expect(told.map(each => each.type)).toEqual(['started', 'request_recorded', 'response_recorded', 'completed'])
  })

  it('leaves out what is large, unless it is asked for', async () => {
    const { plugin, feed } = listening()
    const { g, stop } = await recorded({ upstream, plugins: [plugin] })
    await (await g.fetch('/v1/models')).text()
    const brief: SessionEvent[] = []
    const stopBrief = feed().follow(events => brief.push(...events))
    await (await g.post(CHAT, bodyOf('long '.repeat(1_000)))).text()
    await until(() => brief.length === 4, 'the first are told', PATIENCE)
    stopBrief()
    const whole: SessionEvent[] = []
    feed().follow(events => whole.push(...events), { whole: true })
    await (await g.post(CHAT, bodyOf('long '.repeat(1_000)))).text()
    // What comes during the shutdown is told before it is over.
    const written = await stop()
    expect(brief[1]).toMatchObject({ request_json: null, request_text: 'long '.repeat(100) })
    expect(brief.map(each => each.type)).toEqual(whole.map(each => each.type))
    expect(whole).toEqual(written.filter(each => each.request_id === whole[0]?.request_id))
  })

  it('goes on over reloads', async () => {
    const { plugin, feed } = listening()
    const directory = scratch()
    const config = (age: number) =>
      recording(directory, { jsonl: { retention: { max_age_days: age } }, plugins: [plugin] })
    const g = await gateway(config(30), { upstream })
    onTestFinished(() => g.close())
    await (await g.fetch('/v1/models')).text()
    const told: SessionEvent[] = []
    feed().follow(events => told.push(...events))
    const before = feed()
    for (const age of [30, 31, 31]) {
      await g.reload(config(age))
      await (await g.post(CHAT, bodyOf(`${age}`))).text()
    }
    await g.close()
    expect(feed()).toBe(before)
    expect(told.filter(each => each.type === 'completed')).toHaveLength(3)
  })
})

it('a feed asks for what its followers want together', () => {
  const asked: string[] = []
  const errors: unknown[] = []
  const feed = new Feed(
    error => errors.push(error),
    following => asked.push(following),
  )
  const told: unknown[] = []
  const stopFirst = feed.follow(() => {
    throw new Error('mine')
  })
  const stopSecond = feed.follow(events => told.push(events), { whole: true })
  feed.tell('[]')
  expect([told, errors.length]).toEqual([[[]], 1])
  stopSecond()
  stopFirst()
  feed.tell('not asked for, and not read')
  expect(asked).toEqual(['brief', 'whole', 'brief', 'none'])
})
