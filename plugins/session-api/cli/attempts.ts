import type { CompletedEvent, ResponseRecordedEvent, SessionSummary } from 'lunaroute/sessions'

type Attempt = CompletedEvent['attempts'][number]

/** Who answered and who failed before; empty where it is what the head of the session says. */
export function attemptsOf(
  { attempts, success }: CompletedEvent,
  answer: ResponseRecordedEvent | undefined,
  session: SessionSummary,
): string {
  const last = attempts.at(-1)
  if (last === undefined) return ''
  const failed = success || last.failure === 'cancelled' ? attempts.slice(0, -1) : attempts
  const after = failures(failed)
  if (failed.length === attempts.length) return failed.length > 1 ? `  tried ${after}` : ''
  const { provider, model_used: model } = { provider: last.provider, model_used: last.model, ...named(answer) }
  const isUsual = provider === session.provider && (model ?? '') === (session.model_used ?? session.model_requested)
  if (isUsual && after === '') return ''
  return `  by ${model === null ? provider : `${model} at ${provider}`}${after === '' ? '' : ` after ${after}`}`
}

function named(answer: ResponseRecordedEvent | undefined) {
  return answer && answer.model_used !== null ? { model_used: answer.model_used } : {}
}

/** `anthropic 529 (3 times), openai connect` */
function failures(attempts: readonly Attempt[]): string {
  const told = attempts.map(({ provider, failure, told_status, status }) =>
    [provider, failure ?? told_status ?? status ?? 'without an answer'].join(' '),
  )
  const counted: [what: string, times: number][] = []
  for (const what of told) {
    const before = counted.at(-1)
    if (before?.[0] === what) before[1]++
    else counted.push([what, 1])
  }
  return counted.map(([what, times]) => (times === 1 ? what : `${what} (${times} times)`)).join(', ')
}
