import type { Dialect, Endpoint, RequestHead } from './dialect.ts'

/** The model the path names, percent-decoded, with its position in the path. */
export interface PathModel {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** What a request's path and method amount to. */
export type Found =
  | { readonly kind: 'match'; readonly dialect: Dialect; readonly endpoint: Endpoint; readonly model: PathModel | null }
  /** The path is served, but not with this method. */
  | { readonly kind: 'method'; readonly dialect: Dialect; readonly allow: readonly string[] }
  /** The path belongs to a dialect that this listener does not serve. */
  | { readonly kind: 'elsewhere'; readonly dialect: Dialect }

interface Candidate {
  readonly dialect: Dialect
  readonly endpoint: Endpoint
  readonly pattern: RegExp | null
}

/** Which dialect and endpoint a request is for: by path, then method, then query, then by what the dialects claim. */
export class EndpointTable {
  readonly #exact = new Map<string, Candidate[]>()
  readonly #patterns: Candidate[] = []

  constructor(dialects: readonly Dialect[]) {
    for (const dialect of dialects) {
      for (const endpoint of dialect.endpoints) {
        const pattern = endpoint.path.includes('{') ? toPattern(endpoint.path) : null
        const candidate = { dialect, endpoint, pattern }
        if (pattern) this.#patterns.push(candidate)
        else if (this.#exact.has(endpoint.path)) this.#exact.get(endpoint.path)!.push(candidate)
        else this.#exact.set(endpoint.path, [candidate])
      }
    }
  }

  /** `served` names the dialects of the listener; null for all. */
  find(head: RequestHead, served: ReadonlySet<string> | null): Found | null {
    const all = this.#exact.get(head.path) ?? this.#patterns.filter(each => each.pattern!.test(head.path))
    if (all.length === 0) return null
    const candidates = served ? all.filter(each => served.has(each.dialect.name)) : all
    if (candidates.length === 0) return { kind: 'elsewhere', dialect: all[0]!.dialect }
    const usable = candidates.filter(each => each.endpoint.method === head.method && hasQuery(head, each.endpoint))
    const chosen = claimed(usable, head)
    if (chosen) {
      const { dialect, endpoint } = chosen
      return { kind: 'match', dialect, endpoint, model: modelIn(chosen, head.path) }
    }
    const allow = [...new Set(candidates.map(each => each.endpoint.method))]
    return { kind: 'method', dialect: claimed(candidates, head)!.dialect, allow }
  }
}

/** Where several dialects have the same path, the first that claims the request, else the first of all. */
function claimed(candidates: readonly Candidate[], head: RequestHead): Candidate | undefined {
  const [first, ...others] = candidates
  if (others.every(each => each.dialect === first?.dialect)) return first
  return candidates.find(each => each.dialect.claims(head)) ?? first
}

function hasQuery(head: RequestHead, { query }: Endpoint): boolean {
  if (!query) return true
  const given = new URLSearchParams(head.query)
  return Object.entries(query).every(([name, value]) => given.get(name) === value)
}

/** `{model}` spans one or more segments, any other placeholder exactly one. */
function toPattern(path: string): RegExp {
  const source = path
    .split(/(\{[a-z_]+\})/)
    .map(part => {
      if (part === '{model}') return '(?<model>[^:?]+?)'
      if (part.startsWith('{')) return '[^/:]+'
      return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    })
    .join('')
  return new RegExp(`^${source}$`, 'd')
}

function modelIn({ pattern }: Candidate, path: string): PathModel | null {
  const range = pattern?.exec(path)?.indices?.groups?.['model']
  return range ? { name: decoded(path.slice(...range)), start: range[0], end: range[1] } : null
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
