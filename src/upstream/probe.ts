import type { Dialect } from '../dialect.ts'
import type { ProbeRequest, ProbeResult } from '../probe.ts'
import { VERSION } from '../version.ts'
import { setHeader } from './headers.ts'
import type { UpstreamHandler } from './pool.ts'
import type { Provider } from './provider.ts'

/** Asks a provider for something cheap, with its own key: by default for its list of models. Never rejects. */
export function probe(provider: Provider, dialect: Dialect, { path, timeout }: ProbeRequest): Promise<ProbeResult> {
  const asked = path ?? modelsPath(dialect)
  if (asked === undefined) return Promise.resolve({ status: undefined, reason: 'no path to ask', milliseconds: 0 })
  return new Promise(resolve => {
    const handler = new ProbeHandler(resolve, timeout)
    const headers = headersFor(provider, dialect)
    const request = { method: 'GET', path: provider.path(dialect, asked, true), headers, body: null }
    provider.pool.dispatch({ ...request, headersTimeout: 0, bodyTimeout: 0 }, handler)
  })
}

function modelsPath({ endpoints }: Dialect): string | undefined {
  return endpoints.find(
    ({ operation, method, path }) => operation === 'models' && method === 'GET' && !path.includes('{'),
  )?.path
}

function headersFor(provider: Provider, dialect: Dialect): string[] {
  const headers = ['accept', 'application/json', 'user-agent', `LunaRoute/${VERSION}`]
  // What the API demands of a request to generate it demands of this one.
  const demanded = dialect.target?.({ operation: 'generate', model: 'none', isStream: false })?.headers ?? {}
  for (const [name, value] of Object.entries(demanded)) setHeader(headers, name, value)
  const [key] = provider.keys
  if (key !== undefined) headers.push(...dialect.credentials.header(key))
  for (const [name, value] of provider.headers) setHeader(headers, name, value)
  return headers
}

/** Told at the head of the answer; the rest is read and thrown away, so that the connection can be used again. */
class ProbeHandler implements UpstreamHandler {
  readonly #resolve: (result: ProbeResult) => void
  readonly #startedAt = performance.now()
  readonly #timer: NodeJS.Timeout
  #abort: ((reason?: Error) => void) | undefined
  #isLate = false
  release: () => void = nothing

  constructor(resolve: (result: ProbeResult) => void, timeout: number) {
    this.#resolve = resolve
    this.#timer = setTimeout(() => {
      this.#isLate = true
      this.#tell(undefined, 'no answer in time')
      this.#abort?.(new Error('too late'))
    }, timeout)
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.#abort = abort
    if (this.#isLate) abort(new Error('too late'))
  }

  onHeaders(status: number): boolean {
    if (status >= 200) this.#tell(status, undefined)
    return true
  }

  onData(): boolean {
    return true
  }

  onComplete(): void {
    clearTimeout(this.#timer)
    this.release()
  }

  onError(error: Error & { readonly code?: unknown }): void {
    clearTimeout(this.#timer)
    this.release()
    this.#tell(undefined, typeof error.code === 'string' ? error.code : 'no answer')
  }

  #tell(status: number | undefined, reason: string | undefined): void {
    this.#resolve({ status, reason, milliseconds: performance.now() - this.#startedAt })
  }
}

function nothing(): void {
  // No pool has taken the request yet.
}
