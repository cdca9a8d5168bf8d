import type { JsonObject } from 'lunaroute/neutral'
import type { Recording } from './corpus.ts'

const PER_RECORDING = 12
const ODD_VALUES: readonly unknown[] = [
  null,
  5,
  'odd',
  true,
  [],
  {},
  [null],
  ['odd'],
  [{}],
  { odd: 1 },
  { type: 'odd' },
]

/** Copies of a recording with one place each made odd: a field removed, replaced or added. The same every time. */
export function mutants({ id, body, status }: Recording): readonly Recording[] {
  const random = generator(id)
  return Array.from({ length: PER_RECORDING }, (_, i) => {
    const copy = structuredClone(body) as Record<string, unknown>
    const holders = objectsIn(copy)
    const holder = holders[random() % holders.length]!
    const keys = Object.keys(holder)
    const key = keys.length === 0 || random() % 6 === 0 ? 'x_odd' : keys[random() % keys.length]!
    if (random() % 4 === 0 && !Array.isArray(holder)) delete holder[key]
    else holder[key] = ODD_VALUES[random() % ODD_VALUES.length]
    return { id: `${id} (mutant ${i})`, body: copy as JsonObject, status }
  })
}

function objectsIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return []
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(objectsIn)]
}

/** Small repeatable numbers from a seed. */
function generator(seed: string): () => number {
  let state = [...seed].reduce((sum, char) => (Math.imul(sum, 31) + char.charCodeAt(0)) >>> 0, 7)
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 8
  }
}
