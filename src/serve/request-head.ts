import type { IncomingMessage } from 'node:http'
import type { ListedRequestHead } from '../exchange.ts'
import type { Generation } from '../generation.ts'
import type { ClientCredential } from '../plugin.ts'
import { isCalled } from '../upstream/headers.ts'

/** A request's head as plugins may see it: credentials can be tested for, not read. */
export class SafeRequestHead implements ListedRequestHead {
  readonly method: string
  readonly path: string
  readonly #message: ReadMessage
  readonly #generation: Generation
  readonly #query: string
  /** Whether Node has made its object of the headers. */
  #isRead = false

  constructor(message: ReadMessage, url: string, generation: Generation) {
    this.#message = message
    this.#generation = generation
    this.method = message.method ?? 'GET'
    const mark = url.indexOf('?')
    this.path = mark < 0 ? url : url.slice(0, mark)
    this.#query = mark < 0 ? '' : url.slice(mark + 1)
  }

  /** Values of parameters that may hold a credential are replaced by `***`. */
  get query(): string {
    if (this.#query === '' || this.#generation.secretQuery.length === 0) return this.#query
    return editQuery(this.#query, this.#generation.secretQuery, name => `${name}=***`)
  }

  get(name: string): string | undefined {
    if (!this.has(name) || this.#generation.secretHeaders.has(name)) return undefined
    const value = this.#message.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  has(name: string): boolean {
    const { rawHeaders } = this.#message
    if (!rawHeaders || this.#isRead) return Object.hasOwn(this.#message.headers, name)
    // Most headers that are asked for are not there. Node's `headers` object, which is made when it is first asked for,
    // costs more than all that looks at this list.
    for (let i = 0; i < rawHeaders.length; i += 2) if (isCalled(rawHeaders[i]!, name)) return true
    return false
  }

  names(): readonly string[] {
    this.#isRead = true
    return Object.keys(this.#message.headers)
  }

  /** For the core alone: the query with its credentials. */
  rawQuery(): string {
    return this.#query
  }

  /** For plugins with the `credentials` capability. */
  credentials(): readonly ClientCredential[] {
    const found: ClientCredential[] = []
    for (const source of this.#generation.secretHeaders) {
      const value = this.#message.headers[source]
      if (typeof value === 'string') found.push({ source, value })
    }
    const parameters = new URLSearchParams(this.#query)
    for (const name of this.#generation.secretQuery) {
      const value = parameters.get(name)
      if (value !== null) found.push({ source: `?${name}`, value })
    }
    return found
  }
}

type ReadMessage = Pick<IncomingMessage, 'method' | 'headers'> & Partial<Pick<IncomingMessage, 'rawHeaders'>>

/** Replaces or removes (where `edit` returns null) the named parameters; every other byte of the query stays. */
export function editQuery(query: string, names: readonly string[], edit: (name: string) => string | null): string {
  const parts = query.split('&').map(part => {
    const name = part.split('=', 1)[0]!
    return names.includes(name) ? edit(name) : part
  })
  return parts.filter(part => part !== null).join('&')
}

/** Whether the query carries one of the named parameters. */
export function hasParameter(query: string, names: readonly string[]): boolean {
  return query !== '' && query.split('&').some(part => names.includes(part.split('=', 1)[0]!))
}
