import { basename } from 'node:path'
import type { ConfigStatus, GatewayView, ProviderView, Status } from 'lunaroute'

/** It lives. `service`, and for a program on this machine `pid`, tell it from any other server on the port. */
export function healthBody({ version, startedAt }: GatewayView, isLocal: boolean) {
  // Not by the time of day, which may be put right while the gateway runs.
  const uptime = Math.round(process.uptime())
  const body = { status: 'ok', service: 'lunaroute', version, started_at: startedAt, uptime_seconds: uptime }
  return isLocal ? { ...body, pid: process.pid } : body
}

/** What plugins say of the gateway's parts, and of each provider. */
export interface Told {
  readonly statuses: Readonly<Record<string, Status>>
  provider(name: string): Readonly<Record<string, unknown>>
}

/** Whether it can serve. A refused edit does not make it unready: the configuration before serves on. */
export function readiness(gateway: GatewayView, { statuses }: Told): 'ready' | 'draining' | 'not_ready' {
  if (gateway.isDraining) return 'draining'
  return Object.values(statuses).some(({ state }) => state === 'failed') ? 'not_ready' : 'ready'
}

/** What it serves with. What plugins tell stays on the machine, but for whether it is ready. */
export function readyBody(gateway: GatewayView, providers: readonly ProviderView[], told: Told, isLocal: boolean) {
  return {
    status: readiness(gateway, told),
    service: 'lunaroute',
    version: gateway.version,
    config: configState(gateway.config(), isLocal),
    providers: providers.map(each => providerState(each, told, isLocal)),
    ...(isLocal && { statuses: shortened(told.statuses) }),
    listeners: gateway.listeners(),
    in_flight: gateway.inFlight(),
  }
}

/** Details are for pages that are asked for one status. */
function shortened(statuses: Readonly<Record<string, Status>>) {
  return Object.fromEntries(Object.entries(statuses).map(([name, { state, message }]) => [name, { state, message }]))
}

/** Paths, and messages that may hold one, stay on the machine. */
function configState({ generation, file, loadedAt, error, plugins, warnings }: ConfigStatus, isLocal: boolean) {
  if (isLocal) return { generation, file, loadedAt, error, plugins, warnings }
  const told = error && { at: error.at, message: 'the last edit was refused; its reason is told on this machine only' }
  return { generation, file: file && basename(file), loadedAt, error: told }
}

function providerState({ name, dialects, hasKey, baseUrl, pool }: ProviderView, told: Told, isLocal: boolean) {
  const { created, reused, open, idle, busy } = pool
  return {
    name,
    dialects,
    ...(isLocal && { base_url: baseUrl }),
    has_key: hasKey,
    pool: { created, reused, open, idle, busy },
    ...(isLocal && told.provider(name)),
  }
}
