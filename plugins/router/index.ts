import {
  definePlugin,
  type Exchange,
  groupService,
  type Hooks,
  type LlmRequest,
  meterService,
  type Plan,
  routeSlot,
} from 'lunaroute'
import { checkAliases, checkRules } from './check.ts'
import { explainerOf, explainerService } from './explainer.ts'
import { ruleView } from './explanation.ts'
import { markedSlot, stripMarkers } from './marker.ts'
import { optionsSchema } from './options.ts'
import { wishOf } from './override.ts'
import { answerPage } from './pages.ts'
import { RouteTally } from './route-tally.ts'
import { type Asked, Router, renamed } from './router.ts'
import { openRoutes } from './routes.ts'
import { nameOfPlace } from './rule.ts'
import { StickyMarkers } from './sticky.ts'
import type { RouteTable } from './table.ts'

export type { RoutingRequest } from './facts.ts'
export type { RouteAnswer, RouteFunction } from './router.ts'

/** Decides which provider and model a request goes to: by rules that can be edited while it serves, and by name. */
export default definePlugin({
  name: 'router',
  section: 'routing',
  // To tell callers apart, nothing else: see sticky.ts.
  capabilities: ['credentials'],
  providerKeys: ['model'],
  env: { LUNAROUTE_ROUTES: 'file' },
  options: optionsSchema,
  commands: {
    route: { summary: 'show where a request would go, and why', load: () => import('./command.ts') },
  },
  check({ rules, aliases }, names) {
    const written = rules.map(each => (typeof each === 'function' ? undefined : each))
    const problems = checkRules(written, ['rules'], names, { aliases }).map(problem => {
      const name = nameOfPlace(rules, problem.path)
      return name === undefined ? problem : { ...problem, message: `${name}: ${problem.message}` }
    })
    return [...problems, ...checkAliases(aliases, ['aliases'], names)]
  },
  async setup(options, api) {
    const { overrides, markers } = options
    const providers = api.providers.map(each => each.name)
    const functions = options.rules.filter(each => typeof each === 'function')
    const models = new Map(providers.map(name => [name, options.providers[name]?.model]))
    const router = new Router(functions, models)
    const routes = await openRoutes(options, api)
    const tally = api.keep('tally', () => new RouteTally())
    const sticky = options.sticky_markers
      ? api.keep(`sticky:${options.sticky_ttl_secs}`, () => new StickyMarkers(options.sticky_ttl_secs))
      : undefined
    api.offer(meterService, tally)
    api.offer(groupService, name => routes.table.group(name))

    const explain = explainerOf(router, routes, options, api)
    api.offer(explainerService, explain)
    const pages = {
      list: () => {
        const { rules, aliases } = routes.table
        return { file: routes.path, rules: rules.map(ruleView), aliases: Object.fromEntries(aliases) }
      },
      explain,
    }

    /** The marker that counts for a request: its own, or its session's. */
    const markerOf = (exchange: Exchange, table: RouteTable): Marking => {
      const { name, isAmbiguous } = exchange.use(markedSlot)
      if (name === undefined) return { marker: sticky?.get(exchange, api.credentials), isMarkerEarlier: true }
      const fields = { exchange: exchange.id, marker: name.slice(0, 100) }
      if (isAmbiguous) api.log.warn(fields, 'a message has several route markers; the first counts')
      if (name.toLowerCase() === 'clear') sticky?.clear(exchange, api.credentials)
      else if (router.knows(table, name)) {
        sticky?.set(exchange, api.credentials, name)
        return { marker: name }
      } else api.log.warn(fields, 'a route marker names no rule, provider or alias, and is taken for none')
      return UNMARKED
    }

    const hooks: Hooks = {
      ingress: exchange => answerPage(exchange, pages),
      route(plan, request, exchange): Plan | undefined {
        if (!request) return undefined
        // Read once: an edit may replace it at any time.
        const { table } = routes
        const wish = overrides ? wishOf(request.head) : undefined
        if (wish?.parameter !== undefined) exchange.takeParameter(wish.parameter)
        const { marker, isMarkerEarlier } = markers ? markerOf(exchange, table) : UNMARKED
        const decision = router.decide(table, request, exchange.listener, { wish, marker, isMarkerEarlier })
        const record = exchange.use(routeSlot)
        record.id = decision.id
        record.reason = decision.reason
        tally.count(decision.id)
        return decision.attempts ?? (decision.model === undefined ? undefined : renamed(plan, decision.model))
      },
    }
    if (!markers) return hooks
    return {
      ...hooks,
      normalize(request: LlmRequest, exchange: Exchange) {
        const stripped = stripMarkers(request)
        if (!stripped) return undefined
        const [name] = stripped.names
        Object.assign(exchange.use(markedSlot), { name, isAmbiguous: stripped.names.some(each => each !== name) })
        return request.withBody(stripped.body)
      },
    }
  },
})

type Marking = Omit<Asked, 'wish'>

const UNMARKED: Marking = { marker: undefined }
