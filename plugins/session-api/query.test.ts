import { afterEach, describe, expect, it, vi } from 'vitest'
import { Query, reportFilterOf, timeOf } from './query.ts'

const NOW = new Date('2026-03-01T12:00:00Z')

describe('a time', () => {
  afterEach(() => void vi.unstubAllEnvs())

  it.each([
    ['90m', '2026-03-01T10:30:00.000Z'],
    ['2w', '2026-02-15T12:00:00.000Z'],
    ['2026-02-28', '2026-02-28T00:00:00.000Z'],
    ['2026-02-28T10:00:00Z', '2026-02-28T10:00:00.000Z'],
    ['2026-02-28T10:00:00.250-05:00', '2026-02-28T15:00:00.250Z'],
    ['2026-02-28T10:00:00+0200', '2026-02-28T08:00:00.000Z'],
    ['2026-02-28T10:00', '2026-02-28T10:00:00.000Z'],
    ['2026-02-28 10:00:00', '2026-02-28T10:00:00.000Z'],
    ['1772272800', '2026-02-28T10:00:00.000Z'],
    ['1772272800250', '2026-02-28T10:00:00.250Z'],
  ])('%s is %s, whatever the zone of the machine', (value, time) => {
    vi.stubEnv('TZ', 'Asia/Tokyo')
    expect(timeOf(value, NOW)?.toISOString()).toBe(time)
  })

  it('may have a plus that the query does not encode', () => {
    const query = new Query('since=2026-02-28T10:00:00+02:00', ['since'])
    expect(query.time('since', NOW)).toBe('2026-02-28T08:00:00.000Z')
  })

  it.each([
    '99999999999999d',
    '2026-02-30',
    '2026-13-01',
    '2026-02-28T25:00',
    '2026',
    'now',
    '-1h',
    '1h30m',
  ])('%s is none, and is refused', value => {
    expect(() => new Query(`since=${value}`, ['since']).time('since', NOW)).toThrow('it takes a time as')
  })
})

it('a parameter that does not exist is refused with the one that may be meant', () => {
  expect(() => new Query('provder=openai', ['provider', 'model'])).toThrow('did you mean "provider"?')
})

it.each(['hours=2&days=3', 'hours=2&since=1h', 'days=1&since=1h'])('%s is two times, and refused', query => {
  expect(() => reportFilterOf(new Query(query, ['since', 'hours', 'days']), NOW)).toThrow('the time is given twice')
})
