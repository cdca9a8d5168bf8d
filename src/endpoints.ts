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
  readonly #loose: Candidate[] = []

  constructor(dialects: readonly Dialect[]) {
    for (const dialect of dialects) {
      for (const endpoint of dialect.endpoints) this.#add(dialect, endpoint)
    }
  }

  /** `served` names the dialects of the listener; null for all. */
  find(head: RequestHead, served: ReadonlySet<string> | null): Found | null {
    const all = this.#exact.get(head.path) ?? this.#matching(head)
    if (all.length === 0) return null
    let candidates = all
    if (served) {
      const isServed = (each: Candidate): boolean => served.has(each.dialect.name)
      candidates = all.filter(isServed)
      // The exact path of a dialect that is not served here must not hide another's pattern.
      if (candidates.length === 0) candidates = this.#matching(head).filter(isServed)
    }
    if (candidates.length === 0) return { kind: 'elsewhere', dialect: all[0]!.dialect }
    const chosen =
      candidates.length === 1 && isFor(candidates[0]!, head)
        ? candidates[0]
        : claimed(
            candidates.filter(each => isFor(each, head)),
            head,
          )
    if (chosen) {
      const { dialect, endpoint } = chosen
      return { kind: 'match', dialect, endpoint, model: modelIn(chosen, head.path) }
    }
    const allow = [...new Set(candidates.map(each => each.endpoint.method))]
    return { kind: 'method', dialect: claimed(candidates, head)!.dialect, allow }
  }

  #add(dialect: Dialect, endpoint: Endpoint): void {
    const { path } = endpoint
    if (path.includes('{')) {
      this.#patterns.push({ dialect, endpoint, pattern: toPattern(path) })
      if (path.includes('{model}')) this.#loose.push({ dialect, endpoint, pattern: toPattern(path, '') })
      return
    }
    const candidate = { dialect, endpoint, pattern: null }
    if (this.#exact.has(path)) this.#exact.get(path)!.push(candidate)
    else this.#exact.set(path, [candidate])
  }

  /**
   * A colon opens a verb, unless nobody serves that verb: then it may be part of a model's name, as in `ft:gpt-4o:me` or
   * `qwen3:8b:countTokens`.
   */
  #matching({ method, path }: RequestHead): readonly Candidate[] {
    const found = this.#patterns.filter(each => each.pattern!.test(path))
    if (found.length > 0 || !path.includes(':')) return found
    return this.#loose.filter(each => each.endpoint.method === method && each.pattern!.test(path))
  }
}

/** Where several dialects have the same path, the first that claims the request, else the first of all. */
function claimed(candidates: readonly Candidate[], head: RequestHead): Candidate | undefined {
  const [first, ...others] = candidates
  if (others.every(each => each.dialect === first?.dialect)) return first
  return candidates.find(each => each.dialect.claims(head)) ?? first
}

function isFor({ endpoint: { method, query } }: Candidate, head: RequestHead): boolean {
  // A HEAD is a GET without its body.
  if (method !== head.method && !(head.method === 'HEAD' && method === 'GET')) return false
  if (!query) return true
  const given = new URLSearchParams(head.query)
  return Object.entries(query).every(([name, value]) => given.get(name) === value)
}

/** `{model}` spans one or more segments, any other placeholder exactly one. Neither holds a colon, by default. */
function toPattern(path: string, excluded = ':'): RegExp {
  const source = path
    .split(/(\{[a-z_]+\})/)
    .map(part => {
      if (part === '{model}') return `(?<model>[^${excluded}?]+?)`
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
