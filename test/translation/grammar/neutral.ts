import type { NeutralEvent } from 'lunaroute/neutral'

/** What a run of neutral events does against the grammar in events.ts. None means that encoders may rely on it. */
export function checkNeutral(events: readonly NeutralEvent[]): readonly string[] {
  const problems: string[] = []
  const open = new Set<string>()
  const next = new Map<number, number>()
  let hasBegun = false
  let isOver = false
  for (const [i, event] of events.entries()) {
    const problem = (rule: string) => problems.push(`${rule}: event ${i} ${event.type}`)
    if (isOver) problem('after-end')
    if (event.type === 'ping' || event.type === 'native') continue
    if (event.type === 'start') {
      if (hasBegun) problem('start-again')
      hasBegun = true
      continue
    }
    if (event.type === 'error') {
      isOver = true
      continue
    }
    if (!hasBegun) problem('no-start')
    if (event.type === 'end') {
      if (open.size > 0) problem('block-open')
      isOver = true
    } else if (event.type === 'finish') {
      if ([...open].some(key => key.startsWith(`${event.choice}/`))) problem('block-open')
    } else if (event.type !== 'usage') {
      const key = `${event.choice}/${event.index}`
      if (event.type === 'blockStart') {
        if (event.index !== (next.get(event.choice) ?? 0)) problem('block-index')
        next.set(event.choice, event.index + 1)
        open.add(key)
      } else if (!open.has(key)) problem('no-block')
      if (event.type === 'blockStop') open.delete(key)
    }
  }
  return isOver ? problems : [...problems, 'no-end']
}
