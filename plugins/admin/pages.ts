import {
  type PluginApi,
  type ProviderView,
  providerStatusService,
  readProviderStatus,
  readStatuses,
  statusService,
} from 'lunaroute'

/** One page: its method, and what it says when asked. */
interface Page {
  readonly method: 'GET' | 'POST'
  /** Other methods may be another plugin's. */
  readonly isShared?: boolean
  read(): Answer | Promise<Answer>
}

interface Answer {
  readonly status?: number
  readonly body: object
}

const ROOT = '/admin/'

/** The page at a path below `/admin/`, or undefined. */
export function pagesOf({ gateway, providers, offers, log }: PluginApi): (path: string) => Page | undefined {
  const statuses = () => readStatuses(offers(statusService), log)
  const provider = ({ pool, ...view }: ProviderView) => {
    const { created, reused, open, idle, busy } = pool
    return {
      name: view.name,
      dialects: view.dialects,
      base_url: view.baseUrl,
      keys: view.keys,
      pool: { created, reused, open, idle, busy },
      ...readProviderStatus(offers(providerStatusService), view.name, log),
    }
  }
  const own = new Map<string, Page>([
    [
      'reload',
      {
        method: 'POST',
        read: async () => {
          const state = await gateway.reload()
          return { status: state.error ? 422 : 200, body: state }
        },
      },
    ],
    ['status', { method: 'GET', read: () => ({ body: { ...gateway.config(), statuses: statuses() } }) }],
    ['providers', { method: 'GET', read: () => ({ body: { providers: providers.map(provider) } }) }],
  ])
  return path => {
    const name = path.slice(ROOT.length)
    const page = own.get(name)
    if (page) return page
    const source = offers(statusService).find(each => each.name === name)
    if (!source) return undefined
    return { method: 'GET', isShared: true, read: () => ({ body: readStatuses([source], log)[name]! }) }
  }
}
