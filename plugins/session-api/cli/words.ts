/** How figures are said to people. */
export function number(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** `1 session`, `2,000 sessions`. */
export function counted(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`
}

/** `45ms`, `2.3s`, `4m 05s`, `3h 12m`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)}ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(1)}s`
  const minutes = Math.floor(milliseconds / 60_000)
  if (minutes < 60) return `${minutes}m ${two(Math.floor(milliseconds / 1_000) % 60)}s`
  return `${number(Math.floor(minutes / 60))}h ${two(minutes % 60)}m`
}

/** `just now`, `5 min ago`, `3 h ago`, `2 days ago`, then the date. */
export function ago(time: string, now: Date): string {
  const seconds = (now.getTime() - Date.parse(time)) / 1_000
  if (seconds < 60) return 'just now'
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`
  const days = Math.floor(seconds / 86_400)
  return days <= 14 ? `${days} ${days === 1 ? 'day' : 'days'} ago` : time.slice(0, 10)
}

/** What something cost. Without a price it is `unpriced`; with some, a plus says that there is more. */
export function cost(total: number | null, unpriced: number): string {
  if (total === null) return unpriced > 0 ? 'unpriced' : '-'
  const digits = total === 0 || total >= 0.01 ? 2 : 4
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  return `$${total.toLocaleString('en-US', options)}${unpriced > 0 ? '+' : ''}`
}

/** The beginning of a text on one line. */
export function excerpt(text: string, length: number): string {
  const line = printable(text).replace(/\s+/g, ' ').trim()
  return line.length > length ? `${line.slice(0, length - 1)}…` : line
}

/** Without what would steer a terminal: recorded text is somebody else's. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
