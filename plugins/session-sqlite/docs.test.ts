import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { bench, shape } from '../../test/support/session-database.ts'
import { sessionEvents } from '../../test/support/sessions.ts'

const text = readFileSync(new URL('../../docs/sessions.md', import.meta.url), 'utf8')
const queries = [...text.matchAll(/^```sql\n(.*?)^```$/gms)].map(([, query]) => query!)

it.each(queries)('the query of the documentation finds something: %s', async query => {
  const { writer, sql } = await bench()
  await writer.write([
    ...sessionEvents(shape('one', { says: () => 'the race condition in sqlite' })),
    ...sessionEvents(shape('two', { fails: 1 })),
  ])
  expect(sql(query).length).toBeGreaterThan(0)
})

it('there are queries', () => {
  expect(queries.length).toBeGreaterThan(5)
})
