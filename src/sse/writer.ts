/** What an event is made of. Without `data` it is a comment, or a field for the client's bookkeeping. */
export interface EventFields {
  readonly event?: string | undefined
  readonly data?: string | undefined
  readonly id?: string | undefined
  /** The pause before a reconnect, in milliseconds. */
  readonly retry?: number | undefined
  readonly comment?: string | undefined
}

const LINE_END = /\r\n|\r|\n/

/** The text of one server-sent event. Data and comments may have many lines; a name or an id with a line end is refused. */
export function formatEvent({ event, data, id, retry, comment }: EventFields): string {
  let text = comment === undefined ? '' : lines('', comment)
  if (event) text += line('event', event)
  if (id !== undefined) text += line('id', id)
  if (retry !== undefined) text += `retry: ${retry}\n`
  if (data !== undefined) text += lines('data', data)
  return `${text}\n`
}

function line(field: string, value: string): string {
  if (LINE_END.test(value)) throw new Error(`The ${field} of a server-sent event cannot hold a line end`)
  return `${field}: ${value}\n`
}

function lines(field: string, value: string): string {
  if (!value.includes('\n') && !value.includes('\r')) return `${field}: ${value}\n`
  return value
    .split(LINE_END)
    .map(part => `${field}: ${part}\n`)
    .join('')
}
