import type { NeutralEvent } from 'lunaroute/neutral'
import { describe, expect, it } from 'vitest'
import { canonical, hasCorpus } from './corpus.ts'
import { decode, encode, recordedStreams } from './gemini-streams.ts'
import { checkGeminiStream } from './grammar/gemini.ts'

/** Recorded streams that are not legal, with the reason. */
const ILLEGAL: Readonly<Record<string, string>> = {}

const streams = hasCorpus ? recordedStreams() : []

if (!hasCorpus) console.warn('gemini streams skipped: there is no ../shared/corpus beside the repository')

describe.skipIf(!hasCorpus)('recorded streams of gemini', () => {
  it('are legal but for those named', () => {
    expect(streams.length).toBe(87)
    const problems = streams.flatMap(({ id, data }) => {
      const found = checkGeminiStream(data.map(data => ({ data })))
      return found.length > 0 && !Object.hasOwn(ILLEGAL, id) ? [`${id}: ${found.join('; ')}`] : []
    })
    expect(problems).toEqual([])
  })

  it('come back event by event when they are decoded and encoded', () => {
    const changed = streams.flatMap(({ id, data }) => {
      const events = decode(data)
      const before = data.map(text => canonical(JSON.parse(text)))
      const after = encode(events).map(({ data }) =>
        canonical(typeof data === 'string' ? data : JSON.parse(JSON.stringify(data))),
      )
      // A stream without its end gets an error for one.
      const whole = isCut(events) ? after.slice(0, -1) : after
      return whole.join('\n') === before.join('\n') ? [] : [firstDifference(id, before, whole)]
    })
    expect(changed).toEqual([])
  })

  it('end with `end` or with an error, once, and their blocks nest', () => {
    expect(streams.flatMap(({ id, data }) => grammarOf(decode(data)).map(problem => `${id}: ${problem}`))).toEqual([])
  })

  it('never end well when they are cut before their end', () => {
    for (const { id, data } of streams) {
      const finish = data.findIndex(text => /"(?:finishReason|blockReason)"/.test(text))
      for (let cut = 0; cut < finish; cut++) {
        const last = decode(data.slice(0, cut)).at(-1)
        expect(last, `${id} cut after ${cut} events`).toMatchObject({ type: 'error' })
      }
    }
  })
})

function isCut(events: readonly NeutralEvent[]): boolean {
  const last = events.at(-1)
  return last?.type === 'error' && last.error.kind === 'cut'
}

/** What a sequence of events does that the neutral form does not allow. */
function grammarOf(events: readonly NeutralEvent[]): string[] {
  const problems: string[] = []
  const open = new Set<string>()
  const counts = new Map<number, number>()
  let isStarted = false
  for (const [n, event] of events.entries()) {
    if (event.type === 'start') {
      if (isStarted) problems.push('two starts')
      isStarted = true
    } else if (!isStarted && !['ping', 'native', 'error'].includes(event.type))
      problems.push(`${event.type} before start`)
    if ((event.type === 'end' || event.type === 'error') !== (n === events.length - 1))
      problems.push(`${event.type} at ${n}`)
    if (!('index' in event)) continue
    const key = `${event.choice}.${event.index}`
    if (event.type === 'blockStart') {
      if (event.index !== (counts.get(event.choice) ?? 0)) problems.push(`block ${key} out of order`)
      counts.set(event.choice, event.index + 1)
      open.add(key)
    } else if (!open.has(key)) problems.push(`${event.type} of ${key}, which is not open`)
    if (event.type === 'blockStop') open.delete(key)
  }
  if (events.at(-1)?.type === 'end' && open.size > 0) problems.push('blocks are left open')
  return problems
}

function firstDifference(id: string, before: readonly string[], after: readonly string[]): string {
  const n = before.findIndex((text, i) => text !== after[i])
  const [a, b] = [before[n] ?? '', after[n] ?? '']
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  const near = (text: string) => text.slice(Math.max(0, at - 60), at + 100)
  return `${id} event ${n} of ${before.length}/${after.length}: ${near(a)} became ${near(b)}`
}
