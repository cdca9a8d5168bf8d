import type { Gateway } from '../gateway.ts'
import type { Generation } from '../generation.ts'
import { type Address, addressOf } from './addresses.ts'
import { assignment, clientVariables } from './client-variables.ts'

interface Summary {
  readonly version: string
  readonly configuration: string
  readonly providers: readonly { readonly name: string; readonly baseUrl: string; readonly credential: string }[]
  readonly dialects: string
  readonly plugins: string
  readonly listening: readonly string[]
  readonly exports: readonly string[]
}

/** Says what has been started: to a person as a short text, to anything else as lines of the log. */
export function announce(gateway: Gateway): void {
  const { log, generation } = gateway
  const summary = summaryOf(gateway)
  if (!process.stdout.isTTY || generation.config.logging.format === 'json') logSummary(log.logger, summary)
  else if (log.logger.isLevelEnabled('info')) process.stdout.write(banner(summary))
}

function summaryOf(gateway: Gateway): Summary {
  const { generation, version } = gateway
  const { file, plugins } = gateway.config()
  const addresses = addressesOf(gateway)
  return {
    version,
    configuration: file ?? 'embedded defaults, no config file',
    providers: [...generation.providers.values()].map(({ view: { name, baseUrl, hasKey } }) => ({
      name,
      baseUrl,
      credential: hasKey ? 'API key configured' : 'no API key - will use client auth',
    })),
    dialects: generation.dialects.map(each => each.name).join(', '),
    plugins: plugins.join(', '),
    listening: addresses.map(each => listening(each, generation)),
    exports: clientVariables(addresses).map(each => assignment(each, 'bash')),
  }
}

/** With the ports that were really taken, which for port 0 only the system knows. */
function addressesOf(gateway: Gateway): Address[] {
  const ports = gateway.listeners()
  return gateway.generation.config.server.listeners.map((each, i) => addressOf({ ...each, port: ports[i]!.port }))
}

/** An address with what has to be known of it: who can reach it, and what is served there. */
export function listening({ url, host, dialects }: Address, { dialects: loaded }: Generation): string {
  const isPartial = dialects !== null && dialects.length < loaded.length
  const scope = ['0.0.0.0', '::'].includes(host) ? ' on every interface' : ''
  return `${url}${scope}${isPartial ? ` for ${dialects.join(', ')}` : ''}`
}

function logSummary(logger: Gateway['log']['logger'], summary: Summary): void {
  const { version, configuration, providers, dialects, plugins, listening, exports } = summary
  logger.info(`LunaRoute ${version}, configuration: ${configuration}`)
  for (const { name, baseUrl, credential } of providers) logger.info(`provider ${name} at ${baseUrl}: ${credential}`)
  logger.info(`dialects: ${dialects || 'none'}`)
  logger.info(`plugins: ${plugins || 'none'}`)
  for (const line of listening) logger.info(`listening on ${line}`)
  if (exports.length > 0) logger.info(`point clients here: ${exports.join('; ')}`)
}

function banner(summary: Summary): string {
  const width = Math.max(0, ...summary.providers.map(({ name }) => name.length))
  const providers = summary.providers.map(each => `${each.name.padEnd(width)}  ${each.baseUrl}  (${each.credential})`)
  const rows = [
    ['listening', summary.listening],
    ['providers', providers],
    ['dialects', [summary.dialects]],
    ['plugins', [summary.plugins]],
    ['config', [summary.configuration]],
  ] as const
  const table = rows.flatMap(([title, lines]) => lines.map((line, i) => `  ${(i ? '' : title).padEnd(10)} ${line}`))
  const hint = summary.exports.length > 0 ? ['', '  In the shell of your client:', '', ...summary.exports] : []
  return ['', `  LunaRoute ${summary.version}`, '', ...table, ...hint, '', ''].join('\n')
}
