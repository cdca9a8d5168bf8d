import { defineService, type PluginApi } from 'lunaroute'
import { describedRequest } from './described.ts'
import { type Explanation, explain } from './explanation.ts'
import { stripMarkers } from './marker.ts'
import type { RouterOptions } from './options.ts'
import { wishOf } from './override.ts'
import type { Router } from './router.ts'
import type { Routes } from './routes.ts'
import { RouteTable } from './table.ts'
import { readTested, type Tested } from './tested-rules.ts'

/**
 * Explains a described request. `files` hold rules and aliases to try before those of the table. Rejects with a
 * GatewayError or a located ConfigError.
 */
export type Explainer = (description: unknown, files?: readonly string[]) => Promise<Explanation>

/** For the command line. */
export const explainerService = defineService<Explainer>('route explainer')

/** Explains by the rules as they are when it is asked. */
export function explainerOf(router: Router, routes: Routes, options: RouterOptions, api: PluginApi): Explainer {
  return async (description, files = []) => {
    const tested = await Promise.all(files.map(file => readTested(file, api)))
    const table = tested.length === 0 ? routes.table : withTested(routes.table, tested)
    const { request, listener } = describedRequest(description, api.dialects)
    const name = options.markers ? stripMarkers(request)?.names[0] : undefined
    const marker = name !== undefined && router.knows(table, name) ? name : undefined
    const wish = options.overrides ? wishOf(request.head) : undefined
    return explain(table, request, listener, router.decide(table, request, listener, { wish, marker }))
  }
}

function withTested({ rules, aliases }: RouteTable, tested: readonly Tested[]): RouteTable {
  const first = tested.flatMap(each => each.rules)
  return new RouteTable(
    [...first, ...rules],
    Object.assign(Object.fromEntries(aliases), ...tested.map(each => each.aliases)),
  )
}
