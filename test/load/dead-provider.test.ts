import http from 'node:http'
import type { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { IS_LONG } from '../support/long.ts'
import { type ServedGateway, serve } from '../support/serve.ts'
import { pause, until } from '../support/until.ts'

// The long form is a minute of death, with a breaker that waits accordingly. Times in seconds.
const HEALTHY = IS_LONG ? 10 : 2
const DEAD = IS_LONG ? 60 : 5
const INTERVAL = IS_LONG ? 5 : 2
const CLIENTS = 100
/** Milliseconds between two requests of one client, in the mean. */
const PACE = 250
/** Requests that may be made beside those that clients ask for, of each hundred. */
const BUDGET = 20

type Death = 'refuses' | 'hangs'

test.each<Death>([
  'refuses',
  'hangs',
])(`of two providers one that ${'%s'} costs ${CLIENTS} clients nothing, and is probed singly until it is back`, {
  timeout: 240_000,
}, async death => {
  const first = await provider()
  const second = await provider()
  onTestFinished(async () => {
    await Promise.all([first.die('refuses'), second.die('refuses')])
  })
  const gateway = await serve(port => ({ 'lunaroute.config.ts': config(port, first.url, second.url) }))
  onTestFinished(() => gateway.stop().then(() => {}))
  const crowd = new Crowd(gateway.port)
  onTestFinished(() => crowd.stop())
  await pause(1000)

  crowd.phase = 'healthy'
  await pause(HEALTHY * 1000)
  const before = await counts(gateway)
  expect(before.second, 'while the first lives, the second is not asked').toBe(before.control)

  crowd.phase = 'dying'
  await first.die(death)
  await until(async () => (await state(gateway)) !== 0, 'the circuit opens', 10_000)
  const opened = await counts(gateway, 'reset')
  crowd.phase = 'open'
  await pause(DEAD * 1000)
  crowd.phase = 'recovering'
  const dead = await counts(gateway)

  await first.revive()
  const revived = performance.now()
  await until(async () => (await state(gateway)) === 0, 'the circuit closes', 2 * INTERVAL * 1000 + 10_000)
  const recovered = performance.now() - revived
  crowd.phase = 'again'
  await pause(1000)
  await crowd.stop()

  const after = await counts(gateway)
  const probes = dead.first - opened.first
  // Controls are not counted: each makes its one attempt.
  const asked = ({ requests, control }: CountsOf) => requests - control
  const made = ({ first, second, control }: CountsOf) => first + second - control
  const requests = asked(after) - asked(before)
  const extra = made(after) - made(before) - requests
  const p50 = (phase: Phase, isControl = false) => crowd.median(phase, isControl)
  const ms = (value: number) => value.toFixed(2)
  console.log(
    `one provider ${death}, ${CLIENTS} clients, ${DEAD} s: ${requests} requests, ${extra} extra attempts ` +
      `(${((100 * extra) / requests).toFixed(2)} %), of which ${probes} probes, at most ${dead.most} at a time; ` +
      `closed ${(recovered / 1000).toFixed(2)} s after its return (interval ${INTERVAL} s); p50 healthy ${ms(p50('healthy'))}, ` +
      `open ${ms(p50('open'))}, at the same time without a dead provider ${ms(p50('open', true))}, ` +
      `recovered ${ms(p50('again'))} ms; longest while dying ${ms(crowd.longest('dying'))} ms`,
  )
  expect(crowd.failures).toEqual([])
  expect(extra).toBeLessThanOrEqual((BUDGET / 100) * requests)
  expect(dead.most).toBe(1)
  expect(probes).toBeGreaterThanOrEqual(1)
  expect(probes).toBeLessThanOrEqual(Math.ceil(DEAD / INTERVAL) + 1)
  // The last probe may have begun just before it came back. Some time for the next request, and for a busy machine.
  expect(recovered).toBeLessThan(INTERVAL * 1000 + 500)
  expect(after.first).toBeGreaterThan(dead.first + 2)
  // Against requests of the same moments: the machine may be busier than a minute ago, and so busy that a millisecond is
  // nothing that could be told from chance.
  const control = p50('open', true)
  expect(p50('open') - control).toBeLessThan(Math.max(1, control / 4))
})

/** Milliseconds after which the gateway gives up waiting for the first provider; its timers are half a second coarse. */
const HANG = 300

/** A gateway that asks the first provider, then the second; for the model `control` the second alone. It counts attempts. */
function config(port: number, first: string, second: string): string {
  return `
import { defineConfig, definePlugin } from 'lunaroute'
import circuitBreaker from 'lunaroute/plugins/circuit-breaker'
import health from 'lunaroute/plugins/health'
import metrics from 'lunaroute/plugins/metrics'
import openai from 'lunaroute/plugins/openai'
import retry from 'lunaroute/plugins/retry'

const plan = definePlugin({
  name: 'plan',
  setup() {
    const counts = { requests: 0, first: 0, second: 0, control: 0, most: 0 }
    let underWay = 0
    return {
      ingress({ head }) {
        if (head.path !== '/counts') return
        if (head.query === 'reset') counts.most = 0
        return { status: 200, body: { ...counts } }
      },
      route(_plan, request, exchange) {
        counts.requests++
        exchange.observe({
          attemptStarted({ provider }) {
            counts[provider]++
            if (provider === 'first') counts.most = Math.max(counts.most, ++underWay)
          },
          attemptEnded({ provider }) {
            if (provider === 'first') underWay--
          },
        })
        if (request.model !== 'control') {
          return [{ provider: 'first', headers: {}, timeouts: { headers: ${HANG} } }, { provider: 'second', headers: {} }]
        }
        counts.control++
        return [{ provider: 'second', headers: {} }]
      },
    }
  },
})

export default defineConfig({
  port: ${port},
  plugins: [openai(), health(), metrics(), plan(), circuitBreaker({ timeout_secs: ${INTERVAL} }), retry()],
  providers: {
    first: { dialect: 'openai-chat', base_url: '${first}/v1' },
    second: { dialect: 'openai-chat', base_url: '${second}/v1' },
  },
})
`
}

interface CountsOf {
  readonly requests: number
  readonly first: number
  readonly second: number
  readonly control: number
  /** Attempts at the first provider that were under way at once. */
  readonly most: number
}

async function counts({ url }: ServedGateway, query = ''): Promise<CountsOf> {
  return (await fetch(`${url}/counts?${query}`)).json() as Promise<CountsOf>
}

/** 0 closed, 1 open, 2 half-open. */
async function state({ url }: ServedGateway): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/lunaroute_circuit_breaker_state\{provider="first"\} (\d)/.exec(text)?.[1])
}

/** A provider that can die and come back at its address. */
async function provider() {
  const port = await freePort()
  let isSilent = false
  const sockets = new Set<Socket>()
  const server = http.createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      if (isSilent) return
      response.setHeader('content-type', 'application/json')
      response.end('{"choices":[]}')
    })
  })
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const listen = () => new Promise<void>(resolve => server.listen({ port, host: '127.0.0.1', backlog: 4096 }, resolve))
  await listen()
  return {
    url: `http://127.0.0.1:${port}`,
    async die(death: Death) {
      isSilent = death === 'hangs'
      if (isSilent || !server.listening) return
      const closed = new Promise(resolve => server.close(resolve))
      for (const socket of sockets) socket.resetAndDestroy()
      await closed
    },
    async revive() {
      isSilent = false
      if (!server.listening) await listen()
    },
  }
}

type Phase = 'warm' | 'healthy' | 'dying' | 'open' | 'recovering' | 'again'

/** Clients that each ask, wait for the answer, and ask again at their pace; every other request is a control. */
class Crowd {
  phase: Phase = 'warm'
  readonly failures: string[] = []
  readonly #times = new Map<string, number[]>()
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS })
  readonly #port: number
  readonly #clients: Promise<unknown>
  #isOver = false

  constructor(port: number) {
    this.#port = port
    this.#clients = Promise.all(Array.from({ length: CLIENTS }, (_, i) => this.#client(i)))
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#clients
    this.#agent.destroy()
  }

  median(phase: Phase, isControl: boolean): number {
    const sorted = (this.#times.get(`${phase} ${isControl}`) ?? []).toSorted((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  }

  longest(phase: Phase): number {
    return Math.max(0, ...(this.#times.get(`${phase} false`) ?? []))
  }

  async #client(index: number): Promise<void> {
    await pause((index / CLIENTS) * PACE)
    for (let n = index; !this.#isOver; n++) {
      const { phase } = this
      const isControl = n % 2 === 0
      const began = performance.now()
      const status = await this.#ask(isControl ? 'control' : 'm').catch(error => String(error))
      const took = performance.now() - began
      if (status !== 200) this.failures.push(`${phase}: ${status}`)
      const key = `${phase} ${isControl}`
      const times = this.#times.get(key) ?? []
      this.#times.set(key, times)
      // What begins in one phase and ends in another belongs to neither.
      if (phase === this.phase) times.push(took)
      // Those who were kept waiting together must not go on asking together: they would measure each other.
      await pause(Math.max(0, PACE * (0.5 + Math.random()) - took))
    }
  }

  #ask(model: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' }
      const options = { host: '127.0.0.1', port: this.#port, method: 'POST', path: '/v1/chat/completions', headers }
      const request = http.request({ ...options, agent: this.#agent }, response => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0)).on('error', reject)
      })
      request.on('error', reject)
      request.end(`{"model":"${model}","messages":[]}`)
    })
  }
}
