import type { Dialect, Endpoint, RequestHead } from './dialect.ts'

/** An endpoint and what its path's placeholders stood for. */
export interface Match {
  readonly dialect: Dialect
  readonly endpoint: Endpoint
  /** The model the path names, percent-decoded, with its position in the path. */
  readonly model: PathModel | null
}

export interface PathModel {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** A path that is served, but not with this method. */
export interface MethodMismatch {
  readonly dialect: Dialect
  readonly allow: readonly string[]
}

type Found = { readonly match: Match } | { readonly mismatch: MethodMismatch } | null

interface Candidate {
  readonly dialect: Dialect
  readonly endpoint: Endpoint
  readonly pattern: RegExp | null
}

/** Which dialect and endpoint a request is for: by path, then method, then by what the dialects claim. */
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

  find(head: RequestHead, served: ReadonlySet<string> | null): Found {
    let candidates = this.#exact.get(head.path) ?? this.#patterns.filter(each => each.pattern!.test(head.path))
    if (served) candidates = candidates.filter(each => served.has(each.dialect.name))
    if (candidates.length === 0) return null
    const usable = candidates.length === 1 && candidates[0]!.endpoint.method === head.method
      ? candidates
      : candidates.filter(each => each.endpoint.method === head.method)
    const chosen = claimed(usable, head)
    if (chosen) return { match: { dialect: chosen.dialect, endpoint: chosen.endpoint, model: modelIn(chosen, head.path) } }
    const dialect = claimed(candidates, head)!.dialect
    return { mismatch: { dialect, allow: [...new Set(candidates.map(each => each.endpoint.method))] } }
  }
}

/** Among several dialects with the same path, the first that claims the request, else the first. */
function claimed(candidates: readonly Candidate[], head: RequestHead): Candidate | undefined {
  if (candidates.length <= 1) return candidates[0]
  return candidates.find(each => each.dialect.claims(head)) ?? candidates[0]
}

/** `{model}` spans one or more segments, any other placeholder exactly one. */
function toPattern(path: string): RegExp {
  const source = path
    .split(/(\{[a-z_]+\})/)
    .map(part => {
      if (part === '{model}') return '(?<model>[^:?]+?)'
      if (part.startsWith('{')) return '[^/]+'
      return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    })
    .join('')
  return new RegExp(`^${source}$`, 'd')
}

function modelIn({ pattern }: Candidate, path: string): PathModel | null {
  const found = pattern?.exec(path)
  const range = found?.indices?.groups?.['model']
  if (!range) return null
  return { name: decode(path.slice(...range)), start: range[0], end: range[1] }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
