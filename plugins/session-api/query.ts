import { didYouMean, GatewayError } from 'lunaroute'
import type { SessionFilter } from 'lunaroute/sessions'

/** The parameters of a request's query. One that the page does not know, or with a value it cannot use, is refused. */
export class Query {
  readonly #values: URLSearchParams

  constructor(query: string, known: readonly string[]) {
    this.#values = new URLSearchParams(query)
    for (const name of this.#values.keys()) {
      if (!known.includes(name)) {
        const there = known.length > 0 ? known.join(', ') : 'none'
        throw bad(name, `there is no parameter "${name}"${didYouMean(name, known)}; there are ${there}`)
      }
      if (this.#values.getAll(name).length > 1) throw bad(name, `the parameter "${name}" is given twice; give it once`)
    }
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name)
    if (value === '') throw bad(name, `the parameter "${name}" is empty; give a value or leave it out`)
    return value ?? undefined
  }

  integer(name: string, least: number, most: number): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    if (!/^\d+$/.test(value) || Number(value) < least || Number(value) > most) {
      throw bad(name, `the parameter "${name}" is "${value}"; it takes a whole number from ${least} to ${most}`)
    }
    return Number(value)
  }

  choice<const T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name)
    if (value === undefined || choices.includes(value as T)) return value as T | undefined
    throw bad(name, `the parameter "${name}" is "${value}"; it takes ${choices.join(', ')}`)
  }

  flag(name: string): boolean {
    return this.choice(name, ['true', 'false']) === 'true'
  }

  /**
   * RFC 3339, a date, seconds or milliseconds since 1970, or a span back from now: `2026-01-31T12:00:00Z`, `2026-01-31`,
   * `1769860800`, `90m`, `24h`, `7d`.
   */
  time(name: string, now: Date): string | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const time = timeOf(value, now)
    if (time) return time.toISOString()
    throw bad(name, `the parameter "${name}" is "${value}"; it takes a time as 2026-01-31T12:00:00Z, or a span as 24h`)
  }
}

export const FILTER_PARAMETERS = [
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
] as const

/** The sessions that a query asks for. */
export function filterOf(query: Query, now: Date): SessionFilter {
  return defined({
    since: query.time('since', now),
    until: query.time('until', now),
    provider: query.text('provider'),
    model: query.text('model'),
    status: query.choice('status', ['ok', 'error', 'running']),
    user_agent: query.text('user_agent'),
    tag: query.text('tag'),
    caller: query.text('caller'),
    text: query.text('q'),
    limit: query.integer('limit', 1, 1_000),
    cursor: query.text('cursor'),
    order: query.choice('order', ['newest', 'oldest', 'tokens', 'cost']),
  })
}

export const REPORT_PARAMETERS = ['since', 'until', 'hours', 'days', 'provider', 'model', 'caller'] as const

type ReportFilter = Pick<SessionFilter, 'since' | 'until' | 'provider' | 'model' | 'caller'>

/** The time and the requests that a report is asked for. */
export function reportFilterOf(query: Query, now: Date): ReportFilter {
  const hours = query.integer('hours', 1, 87_600)
  const days = query.integer('days', 1, 3_650)
  const since = query.time('since', now)
  if ([since, hours, days].filter(each => each !== undefined).length > 1) {
    throw bad('since', 'the time is given twice; keep one of "since", "hours" and "days"')
  }
  const span = hours ?? (days !== undefined ? days * 24 : undefined)
  return defined({
    since: span !== undefined ? new Date(now.getTime() - span * 3_600_000).toISOString() : since,
    until: query.time('until', now),
    provider: query.text('provider'),
    model: query.text('model'),
    caller: query.text('caller'),
  })
}

const UNITS: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7, w: 6.048e8 }

const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(?:(Z)|([+-]?)(\d\d):?(\d\d))?)?$/i

/** A time as people write it, or undefined. Without a zone it is UTC, as every time that is shown. */
export function timeOf(value: string, now: Date): Date | undefined {
  const span = /^(\d+)([smhdw])$/.exec(value)
  const time = span ? new Date(now.getTime() - Number(span[1]) * UNITS[span[2]!]!) : (epochOf(value) ?? momentOf(value))
  return time && !Number.isNaN(time.getTime()) ? time : undefined
}

/** Of nine or ten digits seconds, of twelve or thirteen milliseconds: from 1973 to 2286 they cannot be mixed up. */
function epochOf(value: string): Date | undefined {
  if (/^\d{9,10}$/.test(value)) return new Date(Number(value) * 1000)
  return /^\d{12,13}$/.test(value) ? new Date(Number(value)) : undefined
}

function momentOf(value: string): Date | undefined {
  const [, day, clock = '00:00', , sign, hours, minutes] = MOMENT.exec(value) ?? []
  if (day === undefined) return undefined
  // The plus of a zone is a space where a query does not encode it.
  const zone = hours === undefined ? 'Z' : `${sign || '+'}${hours}:${minutes}`
  const midnight = new Date(`${day}T00:00Z`)
  // 30 February would be some day of March.
  const isDay = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day)
  return isDay ? new Date(`${day}T${clock}${zone}`) : undefined
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>
}

function bad(param: string, message: string): GatewayError {
  return new GatewayError('LR_BAD_REQUEST', 400, message, { param })
}
