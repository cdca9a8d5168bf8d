import { expect, it } from 'vitest'
import { derived, derivedPlan } from '../src/derived.ts'
import type { Attempt } from '../src/exchange.ts'

it('makes one attempt out of each frozen one, and freezes it', () => {
  const add = derived(attempt => ({ ...attempt, key: 1 }))
  const configured = Object.freeze({ provider: 'openai', headers: {} })
  const made = add(configured)
  expect(made).toEqual({ provider: 'openai', headers: {}, key: 1 })
  expect(add(configured)).toBe(made)
  expect(Object.isFrozen(made)).toBe(true)
})

it('makes an attempt anew that could have been changed meanwhile', () => {
  const add = derived(attempt => ({ ...attempt, key: 1 }))
  const own = { provider: 'openai', headers: {} }
  expect(add(own).provider).toBe('openai')
  own.provider = 'other'
  expect(add(own).provider).toBe('other')
})

it('makes one plan out of each frozen one, and one anew that could have been changed meanwhile', () => {
  const add = derivedPlan(plan => plan.map(attempt => ({ ...attempt, key: 1 })))
  const configured = Object.freeze([Object.freeze({ provider: 'openai', headers: {} })])
  expect(add(configured)).toEqual([{ provider: 'openai', headers: {}, key: 1 }])
  expect(add(configured)).toBe(add(configured))
  expect(Object.isFrozen(add(configured))).toBe(true)
  const own: Attempt[] = [...configured]
  add(own)
  own.push({ provider: 'other', headers: {} })
  expect(add(own)).toHaveLength(2)
})

it('keeps apart what different plugins add', () => {
  const configured = Object.freeze({ provider: 'openai', headers: {} })
  const [one, other] = [derived(each => ({ ...each, key: 1 })), derived(each => ({ ...each, key: 2 }))]
  expect([one(configured).key, other(configured).key, one(configured).key]).toEqual([1, 2, 1])
})
