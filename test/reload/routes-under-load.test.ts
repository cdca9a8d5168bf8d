import { expect, onTestFinished, test } from 'vitest'
import { headerOf } from '../support/http-message.ts'
import { RawConnection } from '../support/raw-client.ts'
import { serve } from '../support/serve.ts'
import { pause, until } from '../support/until.ts'
import { startUpstream } from '../support/upstream.ts'

const CLIENTS = 500
const EDITS = 100
/** How long a provider takes, in milliseconds: long enough for every client to have a request under way at any time. */
const ANSWER = 1000

const config = (port: number, upstream: string): string => `
import { defineConfig, definePlugin, routeSlot } from 'lunaroute'
import router from 'lunaroute/plugins/router'

const told = definePlugin({
  name: 'told',
  setup: () => ({
    route(_plan, _request, exchange) {
      exchange.setResponseHeader('x-route', String(exchange.use(routeSlot).id))
    },
  }),
})

const provider = { dialect: 'openai-chat', base_url: '${upstream}/v1', api_key: 'k' }

export default defineConfig({
  port: ${port},
  extends: ['passthrough'],
  providers: { first: provider, second: provider },
  plugins: [router(), told()],
})
`

/** Two attempts, of which the first is always refused: both, and the rule's name, are to be of one table. */
const routes = (edit: number): string =>
  JSON.stringify({
    rules: [
      ...Array.from({ length: 50 }, (_, i) => ({
        id: `rule-${i}-${edit}`,
        match: { model: `model-${i}` },
        target: { provider: 'first', model: `refused-${edit}` },
        fallbacks: [{ provider: 'second', model: `taken-${edit}` }],
      })),
    ],
  })

test(`${EDITS} edits of routes.json during ${CLIENTS} concurrent requests: no failure, no mixture of two tables`, async () => {
  const upstream = await startUpstream(async (request, wire) => {
    await request.complete
    const { model } = JSON.parse(request.body().toString()) as { model: string }
    if (model.startsWith('refused-')) {
      await wire.answer({ status: 503, body: '{"error":{"message":"no"}}' })
      return
    }
    await pause(ANSWER)
    await wire.answer({ status: 200, headers: [['content-type', 'application/json']], body: JSON.stringify({ model }) })
  })
  onTestFinished(() => upstream.close())
  const gateway = await serve(port => ({ 'lunaroute.config.ts': config(port, upstream.url), 'routes.json': routes(0) }))
  onTestFinished(() => gateway.stop().then(() => {}))

  const wrong: string[] = []
  const seen = new Set<string>()
  let requests = 0
  let latest = 0
  let isOver = false
  const ask = async (connection: RawConnection, n: number) => {
    const body = JSON.stringify({ model: `model-${n % 50}`, messages: [] })
    const response = await connection.request({
      method: 'POST',
      target: '/v1/chat/completions',
      headers: [['content-type', 'application/json']],
      body,
    })
    const route = headerOf(response.headers, 'x-route') ?? 'none'
    const edit = Number(route.split('-')[2])
    const isRight =
      response.status === 200 &&
      route.startsWith(`rule-${n % 50}-`) &&
      response.body.toString() === JSON.stringify({ model: `taken-${edit}` })
    if (!isRight) wrong.push(`${response.status} by ${route}: ${response.body}`)
    seen.add(String(edit))
    latest = Math.max(latest, edit)
    requests++
    return edit
  }
  const work = async (n: number): Promise<void> => {
    await pause((n / CLIENTS) * ANSWER)
    const connection = await RawConnection.open(gateway.port)
    let before = 0
    while (!isOver) {
      const edit = await ask(connection, n)
      if (edit < before) wrong.push(`table ${edit} after ${before}`)
      before = edit
    }
    connection.close()
  }
  const workers = Array.from({ length: CLIENTS }, (_, n) => work(n))
  await until(() => upstream.connections().busy >= 0.9 * CLIENTS, 'nearly all requests are under way', 20_000)

  // The page tells the table that a new request would be routed by, without waiting for a provider.
  const probe = await RawConnection.open(gateway.port)
  const description = '{"path":"/v1/chat/completions","body":{"model":"model-7"}}'
  const current = async (): Promise<string> => {
    const { body } = await probe.request({
      method: 'POST',
      target: '/admin/routes/test',
      body: description,
    })
    return String((JSON.parse(body.toString()) as { route: string }).route)
  }
  const edited: number[] = []
  for (let edit = 1; edit <= EDITS; edit++) {
    gateway.edit('routes.json', routes(edit))
    edited.push(Date.now())
    await until(async () => (await current()) === `rule-7-${edit}`, `edit ${edit} takes effect`, 10_000)
  }
  await until(() => latest === EDITS, 'requests are served by the last table', 10_000)
  isOver = true
  await Promise.all(workers)
  probe.close()

  const code = await gateway.stop()
  // By the gateway's own clock: what else this machine does delays the answers to our questions, and says nothing of it.
  const effects = gateway
    .output()
    .split('\n')
    .filter(line => line.includes('an edit of the file has taken effect'))
    .map(line => (JSON.parse(line) as { time: number }).time)
  expect(effects).toHaveLength(EDITS)
  const sorted = effects.map((time, i) => time - edited[i]!).toSorted((a, b) => a - b)
  const median = sorted[EDITS / 2]!
  console.log(
    `${EDITS} edits of routes.json during ${requests} requests by ${seen.size} tables: ${wrong.length} wrong; ` +
      `edit to effect p50 ${median.toFixed(0)}, max ${sorted.at(-1)!.toFixed(0)} ms`,
  )
  expect(wrong.slice(0, 5)).toEqual([])
  expect(gateway.output()).not.toContain('edit refused')
  expect(seen.size).toBeGreaterThan(EDITS / 4)
  expect(median).toBeLessThan(300)
  expect(sorted.at(-1)).toBeLessThan(3000)
  expect(code).toBe(0)
})
