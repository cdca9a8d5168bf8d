import { createDetection, type Detection } from '../../plugins/pii/detect/detector.ts'
import { TYPES } from '../../plugins/pii/detect/match.ts'
import type { Example, Label } from './labelled.ts'

export interface Score {
  readonly labels: number
  readonly precision: number
  readonly recall: number
}

export interface Mistake {
  readonly kind: 'missed' | 'false'
  readonly type: string
  readonly value: string
  readonly text: string
}

export interface Measurement {
  readonly overall: Score
  readonly byType: Readonly<Record<string, Score>>
  readonly mistakes: readonly Mistake[]
}

/** Detection as the plugin has it by default. */
export function usualDetection(): Detection {
  const phoneRegions = ['US', 'GB', 'DE', 'FR', 'ES', 'IT', 'NL', 'BE', 'CH', 'AT', 'SE', 'PL', 'AU', 'JP', 'IN', 'BR']
  return createDetection({ types: new Set(TYPES), minConfidence: 0.7, phoneRegions, customPatterns: [] })
}

/** Counts what is found of what is labelled. Found is what has the same type, begins and ends at the same characters. */
export function measure(examples: readonly Example[], detection = usualDetection()): Measurement {
  const counts = new Map<string, { right: number; found: number; labels: number }>()
  const mistakes: Mistake[] = []
  const countOf = (type: string) => {
    const count = counts.get(type) ?? { right: 0, found: 0, labels: 0 }
    counts.set(type, count)
    return count
  }
  for (const { text, labels } of examples) {
    const found = detection.find(text, 0)
    const has = (list: readonly Label[], one: Label) =>
      list.some(each => each.type === one.type && each.start === one.start && each.end === one.end)
    for (const label of labels) {
      countOf(label.type).labels++
      if (has(found, label)) countOf(label.type).right++
      else mistakes.push({ kind: 'missed', type: label.type, value: text.slice(label.start, label.end), text })
    }
    for (const each of found) {
      countOf(each.type).found++
      if (!has(labels, each)) {
        mistakes.push({ kind: 'false', type: each.type, value: text.slice(each.start, each.end), text })
      }
    }
  }
  const all = [...counts.values()]
  const total = (read: (count: (typeof all)[number]) => number) => all.reduce((sum, each) => sum + read(each), 0)
  return {
    overall: scoreOf({
      right: total(each => each.right),
      found: total(each => each.found),
      labels: total(each => each.labels),
    }),
    byType: Object.fromEntries(TYPES.map(type => [type, scoreOf(countOf(type))])),
    mistakes,
  }
}

function scoreOf({ right, found, labels }: { right: number; found: number; labels: number }): Score {
  return { labels, precision: found === 0 ? 1 : right / found, recall: labels === 0 ? 1 : right / labels }
}
