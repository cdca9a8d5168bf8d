import { expect, it } from 'vitest'
import { Keeper } from '../src/keeper.ts'

const fail = (error: unknown) => {
  throw error
}

it('makes a value once, for whoever asks first', () => {
  const keeper = new Keeper()
  const [first, second] = [keeper.lease(fail), keeper.lease(fail)]
  const made = first.get('k', () => ({ by: 'first' }))
  expect(second.get('k', () => ({ by: 'second' }))).toBe(made)
})

it('disposes a value when the last one who asked lets go', async () => {
  const disposed: string[] = []
  const keeper = new Keeper()
  const [first, second] = [keeper.lease(fail), keeper.lease(fail)]
  for (const lease of [first, second])
    lease.get(
      'k',
      () => 'value',
      value => disposed.push(value),
    )
  await first.release()
  expect(disposed).toEqual([])
  await second.release()
  expect(disposed).toEqual(['value'])
})

it('counts one who asks twice once', async () => {
  const disposed: string[] = []
  const lease = new Keeper().lease(fail)
  lease.get(
    'k',
    () => 'value',
    value => disposed.push(value),
  )
  lease.get('k', () => 'other')
  await lease.release()
  expect(disposed).toEqual(['value'])
})

it('makes a value anew after it was disposed', async () => {
  const keeper = new Keeper()
  const first = keeper.lease(fail)
  first.get('k', () => 1)
  await first.release()
  expect(keeper.lease(fail).get('k', () => 2)).toBe(2)
})

it('keeps nothing of a value that could not be made', () => {
  const lease = new Keeper().lease(fail)
  expect(() => lease.get('k', () => fail(new Error('no')))).toThrow('no')
  expect(lease.get('k', () => 'second try')).toBe('second try')
})

it('reports a failure to dispose and disposes the others', async () => {
  const errors: unknown[] = []
  const disposed: string[] = []
  const lease = new Keeper().lease(error => errors.push(error))
  lease.get(
    'a',
    () => 'a',
    () => fail(new Error('stuck')),
  )
  lease.get(
    'b',
    () => 'b',
    value => disposed.push(value),
  )
  await lease.release()
  expect(errors).toMatchObject([{ message: 'stuck' }])
  expect(disposed).toEqual(['b'])
})
