import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config, ListenerConfig } from './define.ts'
import { expandHome } from './find-file.ts'
import { expandDialect, type Loading, unknownDialect } from './loading.ts'
import type { ResolvedListener, ResolvedServer } from './resolved.ts'
import { configSchema } from './schema.ts'
import { locate, remark } from './source.ts'
import type { Path } from './values.ts'

/** Where and how the gateway listens. The environment's host and port go to the first listener. */
export function resolveServer(config: Config, dialects: readonly string[], loading: Loading): ResolvedServer {
  const { env, problems, source, warnings } = loading
  const fromEnv = <K extends 'host' | 'port' | 'api_dialect'>(name: string, key: K) =>
    env.value(name, configSchema.properties[key], problems) as Config[K]
  const host = fromEnv('LUNAROUTE_HOST', 'host')
  const port = fromEnv('LUNAROUTE_PORT', 'port')
  const dialect = fromEnv('LUNAROUTE_DIALECT', 'api_dialect')?.toLowerCase()

  const served = dialectFilter(dialect ?? config.api_dialect?.toLowerCase() ?? 'both', dialects, message => {
    problems.push(
      dialect === undefined
        ? { message, location: locate(source, ['api_dialect']) }
        : { message: `the environment variable LUNAROUTE_DIALECT is wrong: ${message}` },
    )
  })
  if (config.listeners && config.port !== undefined) {
    warnings.push(remark(source, ['port'], 'has no effect, because listeners are given'))
  }

  const server = config.http_server ?? {}
  const written: readonly ListenerConfig[] = config.listeners ?? [{ port: config.port ?? 8081 }]
  const listeners = written.map((listener, index): ResolvedListener => {
    const path: Path = ['listeners', index]
    const isFirst = index === 0
    const own = listener.dialects?.flatMap((name, at) => {
      const complain = (message: string) =>
        problems.push({ message, location: locate(source, [...path, 'dialects', at]) })
      return dialectFilter(name, dialects, complain) ?? dialects
    })
    return {
      name: listener.name ?? (isFirst ? 'default' : `listener-${index + 1}`),
      host: (isFirst ? host : undefined) ?? listener.host ?? host ?? config.host ?? '127.0.0.1',
      port: (isFirst ? port : undefined) ?? listener.port,
      dialects: own ? [...new Set(own)] : served,
      tls: listener.tls ? readTls(listener.tls, [...path, 'tls'], loading) : null,
      bodyLimit: listener.body_limit ?? server.max_request_body_bytes ?? 104_857_600,
    }
  })
  refuseTwins(listeners, loading)
  return {
    listeners,
    headerTimeout: server.header_timeout_ms ?? 15_000,
    keepAliveTimeout: (server.keepalive_timeout_secs ?? 75) * 1000,
    shutdownTimeout: (server.shutdown_timeout_secs ?? 30) * 1000,
    allowedHosts: server.allowed_hosts ?? [],
  }
}

/** Null for all of them. */
function dialectFilter(name: string, loaded: readonly string[], complain: (message: string) => void) {
  if (name === 'both') return null
  const found = expandDialect(name, loaded)
  if (found.length === 0) complain(`${unknownDialect(name, loaded)}; "both" means all`)
  return found
}

/** Certificates are read here, so that a missing one is a located error and a renewed one is a reload. */
function readTls(tls: { cert: string; key: string }, path: Path, { source, files, home, problems }: Loading) {
  const read = (key: 'cert' | 'key'): string => {
    const file = resolve(source.folder, expandHome(tls[key], home))
    files.add(file)
    try {
      return readFileSync(file, 'utf8')
    } catch (error) {
      const why = (error as NodeJS.ErrnoException).code ?? 'unreadable'
      problems.push({ message: `${file} cannot be read (${why})`, location: locate(source, [...path, key]) })
      return ''
    }
  }
  return { cert: read('cert'), key: read('key') }
}

function refuseTwins(listeners: readonly ResolvedListener[], { problems, source }: Loading): void {
  for (const [index, listener] of listeners.entries()) {
    const earlier = listeners.slice(0, index)
    const location = locate(source, ['listeners', index])
    if (earlier.some(({ name }) => name === listener.name)) {
      problems.push({ message: `there is another listener named "${listener.name}"`, location })
    }
    const twin = earlier.find(({ host, port }) => port !== 0 && host === listener.host && port === listener.port)
    if (twin) {
      problems.push({ message: `listens on ${twin.host}:${twin.port}, as "${twin.name}" does`, location })
    }
  }
}
