import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { TYPES } from '../../plugins/pii/detect/match.ts'
import { type Example, labelledSet } from './labelled.ts'
import { type Measurement, measure, type Score } from './measure.ts'

const set = labelledSet()
const seen = set.filter(each => each.half === 'seen')
const heldOut = set.filter(each => each.half === 'held out')

describe('the labelled set', () => {
  it('has four hundred examples of eight types, a third of them with nothing to find', () => {
    expect(set.length).toBeGreaterThanOrEqual(400)
    expect(new Set(set.map(each => each.text)).size).toBe(set.length)
    const counts = new Map<string, number>()
    for (const { type } of set.flatMap(each => each.labels)) counts.set(type, (counts.get(type) ?? 0) + 1)
    expect([...counts.keys()].sort()).toEqual([...TYPES].sort())
    for (const [type, count] of counts) expect(count, type).toBeGreaterThanOrEqual(35)
    expect(set.filter(each => each.labels.length === 0).length).toBeGreaterThanOrEqual(set.length / 3)
  })

  it('comes from chats, code, JSON, logs and arguments of tools', () => {
    for (const context of ['chat', 'code', 'json', 'log', 'tool']) {
      expect(set.filter(each => each.context === context).length, context).toBeGreaterThanOrEqual(30)
    }
  })
})

describe.each([
  ['seen', seen],
  ['held out', heldOut],
])('on the half that was %s', (_, examples) => {
  const { overall, byType, mistakes } = measure(examples)

  it('97 of 100 found are right, and 97 of 100 labelled are found', () => {
    expect(overall.precision, JSON.stringify(mistakes)).toBeGreaterThanOrEqual(0.97)
    expect(overall.recall, JSON.stringify(mistakes)).toBeGreaterThanOrEqual(0.97)
  })

  // A half has some twenty labels of a type: one mistake is four of a hundred.
  it.each(TYPES)('of %s it is 90', type => {
    expect(byType[type]!.precision).toBeGreaterThanOrEqual(0.9)
    expect(byType[type]!.recall).toBeGreaterThanOrEqual(0.9)
  })
})

it.each(TYPES)('of all %s 93 of 100 found are right, and 93 of 100 labelled are found', type => {
  const { precision, recall } = measure(set).byType[type]!
  expect(precision).toBeGreaterThanOrEqual(0.93)
  expect(recall).toBeGreaterThanOrEqual(0.93)
})

it('docs/pii.md shows what is measured', () => {
  const table = tableOf(measure(seen), measure(heldOut))
  console.log(table)
  const page = readFileSync(new URL('../../docs/pii.md', import.meta.url), 'utf8')
  expect(page).toContain(table)
  expect(page).toContain(`${set.length} examples`)
  expect(page).toContain(`${nothingToFind(set)} of them have nothing to find`)
})

function nothingToFind(examples: readonly Example[]): number {
  return examples.filter(each => each.labels.length === 0).length
}

function tableOf(ofSeen: Measurement, ofHeldOut: Measurement): string {
  const cells = ({ labels, precision, recall }: Score) => [labels, precision.toFixed(3), recall.toFixed(3)]
  const rows = TYPES.map(type => [`\`${type}\``, ...cells(ofSeen.byType[type]!), ...cells(ofHeldOut.byType[type]!)])
  const all = ['all', ...cells(ofSeen.overall), ...cells(ofHeldOut.overall)]
  const head = ['type', 'seen: labels', 'precision', 'recall', 'held out: labels', 'precision', 'recall']
  const line = (each: readonly (string | number)[]) => `| ${each.join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line), line(all)].join('\n')
}
