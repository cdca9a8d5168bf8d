import { createServer } from 'node:net'
import { definePlugin, type Plan } from 'lunaroute'
import translatePreset from '../../presets/translate.ts'
import type { Config, PluginOption } from '../../src/index.ts'
import type { DialectName } from '../support/dialects.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { listenOnFreePort } from '../support/listen.ts'
import { type RawResponse, send } from '../support/raw-client.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { answerWell, type Fault, type ProviderSide, playing } from './faults.ts'
import { SIDES, type Side } from './sides.ts'

/** One client, and what becomes of its request. */
export interface Case {
  readonly side: Side
  readonly isStream: boolean
  readonly fault: Fault
  /** What the provider speaks whose fault it is. */
  readonly primary: DialectName
  /** What the one speaks that takes over, where there is one. */
  readonly backup?: DialectName
  /** How often the primary fails before it answers well. Default: always. */
  readonly failures?: number
  /** Milliseconds that the primary thinks before it fails. */
  readonly delay?: number
}

export interface Played {
  readonly response: RawResponse
  /** How often each was asked. */
  readonly primary: number
  readonly backup: number
}

/** A gateway between clients of four dialects and providers of four dialects, good ones and faulty ones. */
export interface Stage {
  readonly gateway: RunningGateway
  play(each: Case): Promise<Played>
  close(): Promise<void>
}

/** `plugins` stand after the one that makes each case's plan. */
export async function setStage(plugins: readonly PluginOption[], config: Config = {}): Promise<Stage> {
  const cases = new Map<string, Case & { primaryCalls: number; backupCalls: number }>()
  const faulty = await startUpstream(playing(side => fail(cases.get(side.model)!, side)))
  const good = await startUpstream(
    playing(async side => {
      const found = cases.get(side.model.replace(/-backup$/, ''))!
      found.backupCalls++
      await answerWell(side)
    }),
  )
  const plans = definePlugin({
    name: 'plans',
    setup: () => ({ route: (_plan, request) => planOf(cases.get(request!.model!)!, request!.model!) }),
  })
  const dead = await deadPort()
  const gateway = await startGateway({
    extends: [translatePreset],
    plugins: [plans(), ...plugins],
    providers: {
      ...providersAt('faulty', faulty.url),
      ...providersAt('stalling', faulty.url),
      ...providersAt('good', good.url),
      ...providersAt('dead', `http://127.0.0.1:${dead}`),
    },
    ...config,
  })
  return {
    gateway,
    async play(each) {
      const model = `case-${cases.size + 1}`
      const state = { ...each, primaryCalls: 0, backupCalls: 0 }
      cases.set(model, state)
      const response = await send(gateway.port, each.side.request(model, each.isStream))
      return { response, primary: state.primaryCalls, backup: state.backupCalls }
    },
    async close() {
      await gateway.close()
      await Promise.all([faulty, good].map((upstream: Upstream) => upstream.close()))
    },
  }
}

async function fail(each: Case & { primaryCalls: number }, side: ProviderSide): Promise<void> {
  each.primaryCalls++
  if (each.delay) await new Promise(resolve => setTimeout(resolve, each.delay))
  if (each.primaryCalls > (each.failures ?? Number.POSITIVE_INFINITY)) await answerWell(side)
  else await each.fault.play(side)
}

function planOf({ fault, primary, backup }: Case, model: string): Plan {
  const first = { provider: `${fault.at}-${primary}`, headers: {} }
  return backup ? [first, { provider: `good-${backup}`, model: `${model}-backup`, headers: {} }] : [first]
}

function providersAt(name: string, url: string): NonNullable<Config['providers']> {
  return Object.fromEntries(
    SIDES.map(({ name: dialect }) => {
      const isOpenAi = dialect.startsWith('openai')
      return [`${name}-${dialect}`, { dialect, base_url: isOpenAi ? `${url}/v1` : url, api_key: `${name}-key` }]
    }),
  )
}

/** A port at which nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer()
  const port = await listenOnFreePort(server)
  await new Promise(resolve => server.close(resolve))
  return port
}

/** Everything at once, but no more than `width` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items]
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
}
