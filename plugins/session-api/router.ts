import { GatewayError } from 'lunaroute'
import { PAGES, type Page } from './pages.ts'

interface Route {
  readonly path: string
  readonly method: string
  readonly pattern: RegExp
  readonly page: Page
}

export interface Found {
  readonly page: Page
  readonly params: readonly string[]
}

/** Which page serves a path. */
export class Router {
  readonly #routes: readonly Route[] = PAGES.map(([method, path, page]) => ({
    method,
    path,
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '([^/]+)')}/?$`),
    page,
  }))

  /** Undefined for a path that is none of ours. Throws for one that has the method or the page wrong. */
  find(method: string, path: string): Found | undefined {
    if (!/^\/(?:sessions|stats)(?:\/|$)/.test(path)) return undefined
    const first = this.#routes.find(each => each.pattern.test(path))
    if (!first) throw new GatewayError('LR_NOT_FOUND', 404, 'there is no such page; /sessions/openapi.json lists them')
    // A path that has a page of its own is never the id of a session.
    const fitting = this.#routes.filter(each => each.path === first.path)
    const route = fitting.find(each => each.method === method)
    if (!route) {
      const allow = [...new Set(fitting.map(each => each.method))].join(', ')
      throw new GatewayError('LR_METHOD', 405, `this page takes ${allow} only`, { headers: { allow } })
    }
    const params = route.pattern.exec(path)!.slice(1).map(decoded)
    return { page: route.page, params }
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new GatewayError('LR_BAD_REQUEST', 400, 'the path has a percent sign that begins no character')
  }
}
