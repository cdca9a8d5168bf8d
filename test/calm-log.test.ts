import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import openai from '../plugins/openai/index.ts'
import { calmLog } from '../src/calm-log.ts'
import { type LogEntry, memoryLogger } from '../src/testing/logs.ts'
import { gateway } from '../src/testing.ts'

describe('a log of what repeats itself', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('has the first ten in full, then their number, and begins anew', () => {
    const entries: LogEntry[] = []
    const log = calmLog(memoryLogger('', entries))
    const at = (level: string) => entries.filter(each => each.level === level)
    for (let n = 0; n < 500; n++) log.warn({ n }, 'it is down')
    log.error('something else')
    expect([at('warn').length, at('debug').length, at('error').length]).toEqual([10, 490, 1])
    vi.advanceTimersByTime(10_000)
    expect(at('warn').at(-1)).toMatchObject({
      message: 'it is down (490 more times within 10 s)',
      fields: { repeated: 490 },
    })
    expect([at('warn').length, at('error').length]).toEqual([11, 1])
    log.warn({ n: 500 }, 'it is down')
    expect(at('warn').at(-1)).toMatchObject({ message: 'it is down', fields: { n: 500 } })
  })

  it('writes as they come what is always different', () => {
    const entries: LogEntry[] = []
    const log = calmLog(memoryLogger('', entries))
    for (let n = 0; n < 2000; n++) log.warn(`it is ${n}`)
    expect(entries.filter(each => each.level === 'warn')).toHaveLength(2000)
  })
})

it('a provider that cannot be reached does not flood the log', async ({ onTestFinished }) => {
  const g = await gateway({ plugins: [openai()], providers: { openai: { base_url: 'http://127.0.0.1:9' } } })
  onTestFinished(() => g.close())
  const asked = Array.from({ length: 30 }, () => g.post('/v1/chat/completions', { model: 'm' }))
  expect(new Set((await Promise.all(asked)).map(each => each.status))).toEqual(new Set([502]))
  expect(g.logs.filter(line => line.includes('cannot be reached'))).toHaveLength(10)
})
