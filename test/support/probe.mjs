// Loaded into a gateway under test with `node --import`: answers questions about the process over its IPC channel.
import { monitorEventLoopDelay } from 'node:perf_hooks'

const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()

process.on('message', async question => {
  if (question === 'start') delay.reset()
  if (question === 'collect') {
    // Buffers are freed in the background after a collection; the second one waits for the first.
    globalThis.gc?.()
    await new Promise(resolve => setTimeout(resolve, 20))
    globalThis.gc?.()
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const [p50, p99, max] = [delay.percentile(50), delay.percentile(99), delay.max].map(nanoseconds => nanoseconds / 1e6)
  process.send({ rss, heapUsed, external, cpu: (user + system) / 1000, p50, p99, max })
})
// A test run that is killed must not leave its gateways behind.
process.on('disconnect', () => process.exit())
process.channel?.unref()
