import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort, start, stop } from './processes.mjs'
import { startSubject } from './subjects.mjs'

const script = name => fileURLToPath(new URL(`${name}.mjs`, import.meta.url))
const SETTLE_MS = 50

/** The mock upstream and the driver, which live as long as the benchmark. */
export class Rig {
  static async start(folder) {
    const port = await freePort()
    const upstream = start('mock-upstream', [process.execPath, script('mock-upstream'), String(port)], folder)
    const driver = start('driver', [process.execPath, script('driver')], folder)
    await once(upstream.child, 'message')
    return new Rig(folder, port, upstream, driver)
  }

  constructor(folder, port, upstream, driver) {
    this.folder = folder
    this.upstreamPort = port
    this.upstream = upstream
    this.driver = driver
    this.failure = new AbortController()
    for (const { name, child } of [upstream, driver])
      child.on('exit', () => this.failure.abort(`the ${name} has ended`))
  }

  /** Starts a subject; `direct` is the upstream itself, so its CPU is the mock's. */
  async subject(kind) {
    if (kind.name !== 'direct') return await startSubject(kind, this.upstreamPort, this.folder)
    return { name: 'direct', port: this.upstreamPort, startMs: null, pids: () => [this.upstream.child.pid] }
  }

  /** Puts one load on a subject and returns the driver's measures of it. */
  async load(run, subject) {
    await delay(SETTLE_MS)
    const isPaired = run.isPaired && subject.name !== 'direct'
    const { child } = this.driver
    child.send({ ...run, isPaired, port: subject.port, directPort: this.upstreamPort, pids: subject.pids() })
    const [result] = await once(child, 'message', { signal: this.failure.signal })
    if (result.failure) throw new Error(`the driver failed: ${result.failure}`)
    return result
  }

  async stop(subjects) {
    await Promise.all(subjects.filter(subject => subject.child !== undefined).map(stop))
  }

  async close() {
    await this.stop([this.upstream, this.driver])
  }
}
