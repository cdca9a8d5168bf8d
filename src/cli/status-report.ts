/** What `/readyz` answers, of which any part may be missing: the plugin that serves it can be replaced. */
export interface Readiness {
  readonly status?: string
  readonly version?: string
  readonly started_at?: string
  readonly in_flight?: number
  readonly config?: {
    readonly generation?: number
    readonly file?: string | null
    readonly loadedAt?: string
    readonly plugins?: readonly string[]
    readonly warnings?: readonly string[]
    readonly error?: { readonly at?: string; readonly message?: string } | null
  }
  readonly providers?: readonly { readonly name?: string; readonly status?: string }[]
}

/** Whether it serves what its files say. A status of 404 means only that nothing serves the path. */
export function isHealthy({ config }: Readiness, status: number): boolean {
  return status < 500 && !config?.error
}

/** The answer as a person reads it. */
export function report(readiness: Readiness, { url, pid }: { url: string; pid: number | undefined }): string[] {
  const { version, status, started_at: startedAt, config, providers } = readiness
  const lines = [`LunaRoute${version ? ` ${version}` : ''} runs on ${url}${pid === undefined ? '' : ` (pid ${pid})`}`]
  const row = (title: string, text: string | undefined) => {
    if (text) lines.push(`  ${title.padEnd(12)} ${text}`)
  }
  row('state', status)
  row('up for', startedAt && since(startedAt))
  if (config) {
    row('config', config.file ?? 'embedded defaults, no config file')
    row('generation', `${config.generation}, loaded ${config.loadedAt}`)
    row('plugins', config.plugins?.join(', '))
  }
  row('providers', providers?.map(each => `${each.name}${each.status ? ` (${each.status})` : ''}`).join(', '))
  for (const warning of config?.warnings ?? []) row('warning', warning)
  const { error } = config ?? {}
  if (error) row('refused edit', `${error.message} (at ${error.at}; generation ${config?.generation} serves on)`)
  return lines
}

function since(start: string): string {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(start)) / 1000))
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
