import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { context, event, options } from '../../test/recording/jsonl.ts'
import { eventsIn, scratch } from '../../test/recording/rig.ts'
import { createWriter } from './writer.ts'

it('keeps a second process out, and takes over from one that was killed', async () => {
  const directory = scratch()
  const owner = join(directory, '.lock-owner')
  const writer = await createWriter(options(directory), context)
  writeFileSync(owner, `${process.ppid}`)
  await expect(createWriter(options(directory), context)).rejects.toThrow(/another process/)
  // A process with this number has ended: it is larger than any can be.
  writeFileSync(owner, '99999999')
  await (await createWriter(options(directory), context)).close?.()
  await writer.close?.()
  // So has one with our number, if it was there before us.
  const killed = await createWriter(options(directory), context)
  utimesSync(owner, 1, 1)
  await (await createWriter(options(directory), context)).close?.()
  expect(readdirSync(directory)).toEqual([])
  await killed.close?.()
})

it('lets two writers of one process append to the same session, as they do after a reload', async () => {
  const directory = scratch()
  const [before, after] = [
    await createWriter(options(directory), context),
    await createWriter(options(directory), context),
  ]
  for (let i = 0; i < 10; i++) {
    await before.write([event('s', 'before', i, Date.now())])
    await after.write([event('s', 'after', i, Date.now(), 'longer'.repeat(i))])
  }
  await before.close?.()
  await after.write([event('s', 'after', 10, Date.now())])
  expect(readdirSync(directory)).toContain('.lock')
  await after.close?.()
  expect(eventsIn(directory).map(each => [each.request_id, each.sequence])).toEqual([
    ...Array.from({ length: 11 }, (_, i) => ['after', i]),
    ...Array.from({ length: 10 }, (_, i) => ['before', i]),
  ])
})
