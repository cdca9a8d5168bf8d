import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Roster, type Rostered } from '../src/roster.ts'

test('holds those that a Set would hold, whoever comes, leaves twice or was never in', () => {
  const step = fc.record({ who: fc.nat(9), isLeaving: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const members: Rostered[] = Array.from({ length: 10 }, () => ({ place: -1 }))
      const roster = new Roster<Rostered>()
      const set = new Set<Rostered>()
      for (const { who, isLeaving } of steps) {
        const member = members[who]!
        if (isLeaving) {
          roster.delete(member)
          set.delete(member)
        } else if (!set.has(member)) {
          roster.add(member)
          set.add(member)
        }
        expect(roster.size).toBe(set.size)
        expect(new Set(roster.all())).toEqual(set)
      }
    }),
  )
})
