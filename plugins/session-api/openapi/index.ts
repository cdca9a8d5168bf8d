import type { Page } from '../pages.ts'
import { Query } from '../query.ts'
import { describePaths } from './paths.ts'
import { SCHEMAS } from './schemas.ts'

/** GET /sessions/openapi.json */
export const openapi: Page = ({ exchange, sources }) => {
  new Query(exchange.head.query, [])
  return { status: 200, body: describeApi(sources.version) }
}

/** The description of every page, as OpenAPI 3.1. */
function describeApi(version: string): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'LunaRoute sessions',
      version,
      description: 'Reads what LunaRoute recorded. Times are UTC, durations milliseconds, costs USD.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: describePaths(),
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Where an admin token is configured.' },
      },
    },
    security: [{}, { token: [] }],
  }
}
