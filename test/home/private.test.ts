import { existsSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { eventsIn, of } from '../recording/rig.ts'
import { startGateway } from '../support/gateway.ts'
import { providersAt, startUpstream } from '../support/serving.ts'

it('a gateway without a configuration keeps what it records in the home folder of the tests', async () => {
  expect(homedir()).toContain('lunaroute-test-homes-')
  expect(homedir()).not.toBe(userInfo().homedir)
  const upstream = await startUpstream()
  onTestFinished(upstream.close)
  const { url, close } = await startGateway({ providers: providersAt(upstream.url) })
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }] })
  await (await fetch(`${url}/v1/chat/completions`, { method: 'POST', body })).text()
  await close()
  const data = join(homedir(), '.lunaroute')
  expect(of(eventsIn(join(data, 'sessions')), 'completed')).toHaveLength(1)
  expect(existsSync(join(data, 'sessions.db'))).toBe(true)
})
