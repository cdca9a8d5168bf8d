/** RFC 3339 as SQLite writes time, in UTC: what `datetime('now')` compares with as text. */
export function toSql(timestamp: string): string {
  const time = new Date(timestamp)
  return Number.isNaN(time.getTime()) ? timestamp : time.toISOString().replace('T', ' ').replace('Z', '')
}

/** A time of the database as RFC 3339, in UTC. */
export function fromSql(time: unknown): string | null {
  if (typeof time !== 'string') return null
  const isPlain = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?$/.test(time)
  return isPlain ? `${time.replace(' ', 'T')}Z` : time
}
