/** What `/healthz` and `/readyz` answer, of which any part may be missing: the plugin that serves them can be replaced. */
export interface State {
  readonly url: string
  readonly pid: number | null
  readonly status?: string
  readonly version?: string
  readonly uptime_seconds?: number
  readonly in_flight?: number
  readonly config?: {
    readonly generation?: number
    readonly file?: string | null
    readonly loadedAt?: string
    readonly plugins?: readonly string[]
    readonly warnings?: readonly string[]
    readonly error?: { readonly at?: string; readonly message?: string } | null
  }
  readonly providers?: readonly { readonly name?: string; readonly base_url?: string; readonly has_key?: boolean }[]
}

/** Whether it serves, and serves what its files say. */
export function isHealthy({ config }: State, isReady: boolean): boolean {
  return isReady && !config?.error
}

/** The answer as a person reads it. */
export function report(state: State): string[] {
  const { version, url, pid, status, uptime_seconds: uptime, in_flight: inFlight, config, providers } = state
  const lines = [`LunaRoute${version ? ` ${version}` : ''} runs on ${url}${pid === null ? '' : ` (pid ${pid})`}`]
  const row = (title: string, text: string | undefined) => {
    if (text) lines.push(`  ${title.padEnd(12)} ${text}`)
  }
  row('state', [status, inFlight !== undefined && `${inFlight} in flight`].filter(Boolean).join(', '))
  row('up for', uptime === undefined ? undefined : duration(uptime))
  if (config) {
    row('config', config.file ?? 'embedded defaults, no config file')
    row('generation', `${config.generation}, loaded ${config.loadedAt}`)
    row('plugins', config.plugins?.join(', '))
  }
  for (const { name, base_url: baseUrl, has_key: hasKey } of providers ?? []) {
    row('provider', `${name}${baseUrl ? ` at ${baseUrl}` : ''}${hasKey ? ', with a key' : ''}`)
  }
  for (const warning of config?.warnings ?? []) row('warning', warning)
  const { error } = config ?? {}
  if (error) row('refused', `${error.message} (at ${error.at}; generation ${config?.generation} serves on)`)
  return lines
}

function duration(seconds: number): string {
  const units = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const
  const first = units.findIndex(([count]) => count > 0)
  const shown = first < 0 ? units.slice(-1) : units.slice(first, first + 2)
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ')
}
