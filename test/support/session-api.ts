import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import anthropic from '../../plugins/anthropic/index.ts'
import openai from '../../plugins/openai/index.ts'
import sessionApi from '../../plugins/session-api/index.ts'
import sessionSqlite from '../../plugins/session-sqlite/index.ts'
import { SqliteWriter } from '../../plugins/session-sqlite/writer.ts'
import sessionStats from '../../plugins/session-stats/index.ts'
import { definePlugin, type Plugin } from '../../src/index.ts'
import { type SessionEvent, type SessionFeed, sessionFeedService } from '../../src/sessions/index.ts'
import { testFolder } from './folder.ts'
import { type ServingGateway, serve } from './serving.ts'
import { sessionEvents } from './sessions.ts'

/** A feed that a test speaks into. */
class TestFeed implements SessionFeed {
  readonly listeners = new Set<(events: readonly SessionEvent[]) => void>()

  follow(listener: (events: readonly SessionEvent[]) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  say(events: readonly SessionEvent[]): void {
    for (const each of this.listeners) each(events)
  }
}

function feeding(feed: SessionFeed): Plugin {
  return definePlugin({
    name: 'test-feed',
    setup(_options, { offer }) {
      offer(sessionFeedService, feed)
      return {}
    },
  })()
}

export async function database(events: readonly SessionEvent[] = known()): Promise<string> {
  const path = join(testFolder(), 'sessions.db')
  const writer = new SqliteWriter({ path }, { warn: () => {} })
  await writer.start()
  await writer.write(events)
  writer.close()
  return path
}

function known(): readonly SessionEvent[] {
  return [
    ...sessionEvents({ id: 'one', at: new Date(Date.now() - 3_600_000), requests: 4, tags: ['team-a'] }),
    ...sessionEvents({ id: 'two', at: new Date(Date.now() - 7_200_000), fails: 1, says: turn => `zebra ${turn}` }),
    ...sessionEvents({ id: 'three', at: new Date(Date.now() - 86_400_000 * 3), model: 'gpt-x', cost: null }),
  ]
}

/** JSON of which a test looks at what it knows. */
export interface Json {
  readonly [key: string]: Json
}

interface Made extends ServingGateway {
  readonly feed: TestFeed
  ask(path: string, init?: RequestInit): Promise<{ status: number; body: Json; headers: Headers }>
}

export async function api(
  options: Parameters<typeof sessionApi>[0] = {},
  path?: string,
  plugins: readonly Plugin[] = [],
): Promise<Made> {
  const feed = new TestFeed()
  const gateway = await serve({
    plugins: [
      anthropic(),
      openai(),
      sessionSqlite({ path: path ?? (await database()), enabled: false }),
      feeding(feed),
      sessionStats(),
      sessionApi(options),
      ...plugins,
    ],
  })
  onTestFinished(() => gateway.close())
  const ask = async (where: string, init?: RequestInit) => {
    const response = await fetch(gateway.url + where, init)
    const text = await response.text()
    const body = (text === '' ? {} : JSON.parse(text)) as Json
    return { status: response.status, headers: response.headers, body }
  }
  return { ...gateway, feed, ask }
}

/** The ids of a page of sessions. */
export const idsOf = (page: Json): string[] =>
  (page.sessions as unknown as { session_id: string }[]).map(each => each.session_id)
