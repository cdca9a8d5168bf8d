import { expect, it, onTestFinished } from 'vitest'
import { type SessionEvent, sessionStoreService } from '../../src/sessions/index.ts'
import { runCommand } from '../../test/support/command-call.ts'
import { database } from '../../test/support/session-api.ts'
import { sessionEvents } from '../../test/support/sessions.ts'
import { SqliteStore } from '../session-sqlite/store.ts'
import * as sessionsCommand from './cli/sessions-command.ts'

it('show tells who answered a request that others failed at', async () => {
  const attempt = (provider: string, model: string) => (rest: object) => ({
    ...{ provider, model, status: null, failure: null, duration_ms: 1 },
    ...rest,
  })
  const [claude, gpt] = [attempt('anthropic', 'claude-sonnet-4'), attempt('openai', 'gpt-5')]
  const overloaded = [claude({ status: 200, told_status: 529 }), claude({ status: 529 })]
  const turns = [
    [claude({ status: 200 })],
    [...overloaded, claude({ failure: 'connect' }), gpt({ status: 200 })],
    [gpt({ status: 200 })],
    [claude({ status: 529 }), gpt({ status: 200, failure: 'cut' })],
  ]
  const events = sessionEvents({ id: 's', at: new Date(), requests: 4, hasTools: false, fails: 3 }).map(event => {
    const attempts = turns[Number(event.request_id.at(-1))]!
    const { model, provider } = attempts.at(-1)!
    if (event.type === 'response_recorded') return { ...event, provider, model_used: model }
    return event.type === 'completed' ? { ...event, attempts } : event
  })
  const stdout = await show(events, 's')
  expect(stdout).toContain('\nModel       gpt-5 at openai\n')
  expect(stdout.match(/^ {2}(by|tried) .*$/gm)).toEqual([
    '  by claude-sonnet-4 at anthropic',
    '  by gpt-5 at openai after anthropic 529 (2 times), anthropic connect',
    '  tried anthropic 529, openai cut',
  ])
  expect(stdout).toContain('  by claude-sonnet-4 at anthropic\n> question 0 of s\n')
})

it('show names no model and no provider where there is none', async () => {
  const of = (id: string, provider: string) =>
    sessionEvents({ id, at: new Date(), requests: 1, model: '', provider }).filter(each => each.type === 'started')
  const events = [...of('listing', 'openai'), ...of('refused', '')]
  expect(await show(events, 'listing')).toContain('\nModel       none at openai\n')
  expect(await show(events, 'refused')).toContain('\nModel       none\n')
})

async function show(events: readonly SessionEvent[], id: string): Promise<string> {
  const store = new SqliteStore({ path: await database(events) })
  onTestFinished(() => store.close())
  const offers = new Map<unknown, readonly unknown[]>([[sessionStoreService, [store]]])
  const options = { token: '', allow_delete: false }
  return (await runCommand(sessionsCommand, ['show', id], { offers, options })).stdout
}
