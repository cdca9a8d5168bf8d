import { expect, it } from 'vitest'
import { recorded, recording } from '../../test/recording/rig.ts'
import { until } from '../../test/support/until.ts'
import metrics from '../metrics/index.ts'

const CHAT = '/v1/chat/completions'
const WRITTEN = /^lunaroute_recording_events_written_total\{writer="jsonl"\} (\d+)$/m

it('sets no counter back when recording has other settings after a reload', async () => {
  const { g, stop, directory } = await recorded({ upstream: () => ({ body: {} }), plugins: [metrics()] })
  const written = async () => Number(WRITTEN.exec(await (await g.fetch('/metrics')).text())?.[1])
  const ask = async () => (await g.post(CHAT, { model: 'm', messages: [{ role: 'user', content: 'hi' }] })).text()
  await ask()
  await until(async () => (await written()) === 4, 'the first is written')
  await g.reload(
    recording(directory, { recorder: { worker: { batch_size: 7, batch_timeout_ms: 50 } }, plugins: [metrics()] }),
  )
  await ask()
  const seen: number[] = []
  await until(async () => seen.push(await written()) > 0 && seen.at(-1) === 8, 'the second is written')
  expect(Math.min(...seen)).toBeGreaterThanOrEqual(4)
  await stop()
})
