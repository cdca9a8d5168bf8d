// Records as a gateway does until it is killed: each event goes to the log first, then in batches to the database.
import { closeSync, openSync, writeSync } from 'node:fs'
import { json } from 'node:stream/consumers'
import { createWriter } from '../../dist/plugins/session-sqlite/writer.js'

const { path, log, sessions } = await json(process.stdin)
const writer = await createWriter({ path }, { warn: () => {} })
const file = openSync(log, 'a')
for (const events of sessions) {
  for (let at = 0; at < events.length; at += 3) {
    const batch = events.slice(at, at + 3)
    writeSync(file, batch.map(each => `${JSON.stringify(each)}\n`).join(''))
    await writer.write(batch)
    process.stdout.write('.')
  }
}
closeSync(file)
