import { expect, it } from 'vitest'
import type { Generation } from '../../src/generation.ts'
import { SafeRequestHead } from '../../src/serve/request-head.ts'

const generation = { secretHeaders: new Set(['authorization']), secretQuery: [] } as unknown as Generation

const headOf = (headers: Record<string, string>): SafeRequestHead =>
  new SafeRequestHead({ method: 'GET', headers, rawHeaders: Object.entries(headers).flat() }, '/', generation)

it.each([
  false,
  true,
])('says the same of a header whether or not all names were asked for before (%s)', areNamesRead => {
  const head = headOf({ authorization: 'Bearer s', 'x-a': 'a' })
  if (areNamesRead) expect(head.names()).toEqual(['authorization', 'x-a'])
  const names = ['x-a', 'authorization', 'x-b', 'constructor']
  expect(names.map(name => head.get(name))).toEqual(['a', undefined, undefined, undefined])
  expect(names.map(name => head.has(name))).toEqual([true, true, false, false])
})
