import type { SCHEMAS } from './schemas.ts'

type SchemaName = keyof typeof SCHEMAS

interface Parameter {
  readonly description: string
  readonly schema: object
}

const text = { type: 'string', minLength: 1 }
const integer = (minimum: number, maximum: number) => ({ type: 'integer', minimum, maximum })
const choice = (...values: string[]) => ({ type: 'string', enum: values })
const TIME =
  'RFC 3339, a date, seconds or milliseconds since 1970, or a span back from now: 2026-01-31T12:00:00Z, 2026-01-31, 1769860800, 24h.'
const PATTERN = 'Equal, or with a star beginning so: claude-*.'

const PARAMETERS: Readonly<Record<string, Parameter>> = {
  since: { description: TIME, schema: text },
  until: { description: TIME, schema: text },
  hours: { description: 'The last so many hours, instead of `since`.', schema: integer(1, 87_600) },
  days: { description: 'The last so many days, instead of `since`.', schema: integer(1, 3_650) },
  provider: { description: PATTERN, schema: text },
  model: { description: `Requested or used. ${PATTERN}`, schema: text },
  status: {
    description: 'error: a request failed. running: one has not ended.',
    schema: choice('ok', 'error', 'running'),
  },
  user_agent: { description: PATTERN, schema: text },
  tag: { description: 'A tag of the session.', schema: text },
  caller: { description: `The client's application key by name. ${PATTERN}`, schema: text },
  q: { description: 'Words of requests, answers and tool arguments; "quoted" ones stand together.', schema: text },
  limit: { description: 'At most so many.', schema: integer(1, 1_000) },
  turns: { description: 'At most so many.', schema: integer(1, 200) },
  cursor: { description: 'The `next` of the page before.', schema: text },
  order: { description: 'What comes first.', schema: choice('newest', 'oldest', 'tokens', 'cost') },
  direction: { description: 'By time.', schema: choice('asc', 'desc') },
  format: { description: 'text: as the command line shows it.', schema: choice('json', 'text') },
  session: { description: 'Of this session alone.', schema: text },
  types: { description: 'Of these types alone, separated by commas.', schema: text },
  full: { description: 'With request and response bodies.', schema: choice('true', 'false') },
}

/** Parameters that have one name on several pages, and take other values on some. */
const NAMES: Readonly<Record<string, string>> = { direction: 'order', turns: 'limit' }

const FILTER = [
  'since',
  'until',
  'provider',
  'model',
  'status',
  'user_agent',
  'tag',
  'caller',
  'q',
  'limit',
  'cursor',
  'order',
]
const REPORT = ['since', 'until', 'hours', 'days', 'provider', 'model', 'caller']

interface Operation {
  readonly summary: string
  readonly parameters?: readonly string[]
  /** The schema of the answer, or its media type where it is no JSON. */
  readonly answer: SchemaName | { readonly media: string } | null
}

const GET: Readonly<Record<string, Operation>> = {
  '/sessions': { summary: 'Lists sessions.', parameters: FILTER, answer: 'SessionPage' },
  '/sessions/openapi.json': { summary: 'This description.', answer: { media: 'application/json' } },
  '/sessions/tail': {
    summary: 'Follows events as they are recorded.',
    parameters: ['session', 'types', 'full'],
    answer: { media: 'text/event-stream' },
  },
  '/sessions/{id}': { summary: 'One session.', answer: 'SessionSummary' },
  '/sessions/{id}/timeline': {
    summary: 'The events of a session, a line each.',
    parameters: ['limit', 'cursor', 'direction'],
    answer: 'Timeline',
  },
  '/sessions/{id}/tools': { summary: 'How the session used tools.', answer: 'SessionTools' },
  '/sessions/{id}/conversation': {
    summary: 'The turns in the neutral form: what each request added, and its answer.',
    parameters: ['turns', 'cursor'],
    answer: 'Conversation',
  },
  '/sessions/{id}/raw/{request_id}': { summary: 'One request and its response, whole.', answer: 'RawRequest' },
  '/stats/overview': { summary: 'Sums over requests.', parameters: REPORT, answer: 'Overview' },
  '/stats/tokens': { summary: 'Tokens by day.', parameters: REPORT, answer: 'TokensByDay' },
  '/stats/tools': { summary: 'Tool calls by tool.', parameters: REPORT, answer: 'ToolStatistics' },
  '/stats/models': { summary: 'Requests by model.', parameters: REPORT, answer: 'Models' },
  '/stats/user-agents': { summary: 'Sessions by user agent.', parameters: REPORT, answer: 'UserAgents' },
  '/stats/providers': { summary: 'Requests by provider.', parameters: REPORT, answer: 'Providers' },
  '/stats/hours': { summary: 'Sessions by hour of the day.', parameters: REPORT, answer: 'Hours' },
  '/stats/costs': { summary: 'Costs of the day, the week and the month.', parameters: REPORT, answer: 'Costs' },
  '/stats/spending': { summary: 'Costs by model.', parameters: REPORT, answer: 'Spending' },
  '/stats/sessions': {
    summary: 'Statistics by session: since the gateway started, or with a filter of what is stored.',
    parameters: [...FILTER, 'format'],
    answer: 'SessionStatistics',
  },
}

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'A parameter is wrong.',
  401: 'The admin token is missing or wrong.',
  403: 'The request does not come from this machine, or is not allowed.',
  404: 'There is no such session or request.',
  503: 'No plugin of the configuration stores sessions, or its store fails.',
}

/** The `paths` of the description. */
export function describePaths(): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const [path, operation] of Object.entries(GET)) paths[path] = { get: describe(path, operation) }
  const deletion: Operation = { summary: 'Deletes a session, where the configuration allows it.', answer: null }
  paths['/sessions/{id}']!.delete = describe('/sessions/{id}', deletion)
  return paths
}

function describe(path: string, { summary, parameters = [], answer }: Operation): object {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const inQuery = parameters.map(name => ({
    name: NAMES[name] ?? name,
    in: 'query',
    ...PARAMETERS[name]!,
  }))
  const refusals = Object.entries(REFUSALS).map(([status, description]) => [
    status,
    { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
  ])
  return {
    summary,
    parameters: [...inPath, ...inQuery],
    responses: { ...responseOf(answer), ...Object.fromEntries(refusals) },
  }
}

function responseOf(answer: Operation['answer']): object {
  if (answer === null) return { 204: { description: 'It is gone.' } }
  const isNamed = typeof answer === 'string'
  const media = isNamed ? 'application/json' : answer.media
  const schema = isNamed ? { $ref: `#/components/schemas/${answer}` } : {}
  return { 200: { description: 'As asked.', content: { [media]: { schema } } } }
}
