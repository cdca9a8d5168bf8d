import { basename } from 'node:path'
import type { ConfigStatus, GatewayView, ProviderView } from 'lunaroute'

/** It lives. `service`, and for a program on this machine `pid`, tell it from any other server on the port. */
export function healthBody({ version, startedAt }: GatewayView, isLocal: boolean) {
  const uptime = Math.round((Date.now() - Date.parse(startedAt)) / 1000)
  const body = { status: 'ok', service: 'lunaroute', version, started_at: startedAt, uptime_seconds: uptime }
  return isLocal ? { ...body, pid: process.pid } : body
}

/** What it serves with. A refused edit does not make it unready: the configuration before serves on. */
export function readyBody(gateway: GatewayView, providers: readonly ProviderView[], isLocal: boolean) {
  return {
    status: gateway.isDraining ? 'draining' : 'ready',
    service: 'lunaroute',
    version: gateway.version,
    config: configState(gateway.config(), isLocal),
    providers: providers.map(each => providerState(each, isLocal)),
    listeners: gateway.listeners(),
    in_flight: gateway.inFlight(),
  }
}

/** Paths, and messages that may hold one, stay on the machine. */
function configState({ generation, file, loadedAt, error, plugins, warnings }: ConfigStatus, isLocal: boolean) {
  if (isLocal) return { generation, file, loadedAt, error, plugins, warnings }
  const told = error && { at: error.at, message: 'the last edit was refused; its reason is told on this machine only' }
  return { generation, file: file && basename(file), loadedAt, error: told }
}

function providerState({ name, dialects, hasKey, baseUrl, pool }: ProviderView, isLocal: boolean) {
  const { created, reused, open, idle, busy } = pool
  return {
    name,
    dialects,
    ...(isLocal && { base_url: baseUrl }),
    has_key: hasKey,
    pool: { created, reused, open, idle, busy },
  }
}
