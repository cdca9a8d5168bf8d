import type { SessionEvent } from 'lunaroute/sessions'
import { csvHeader, csvRow } from './csv.ts'
import { otlpHead, otlpSpans, otlpTail } from './otlp.ts'
import type { RecordedRequest } from './recorded.ts'

/** How requests are written one after the other. */
export interface ExportFormat {
  readonly head: string
  /** The text of one request; `isFirst` where none stands before it. */
  write(request: RecordedRequest, isFirst: boolean): string
  readonly tail: string
}

export const FORMATS: Readonly<Record<string, ExportFormat>> = {
  // Events as the session log has them: what `import-sessions` reads.
  ndjson: {
    head: '',
    write: ({ events }) => events.map(each => `${JSON.stringify(each)}\n`).join(''),
    tail: '',
  },
  json: {
    head: '[',
    write: ({ session, request_id, events }, isFirst) => {
      const request = { session_id: session.session_id, request_id, ...summed(events), events }
      return `${isFirst ? '\n' : ',\n'}${JSON.stringify(request)}`
    },
    tail: '\n]\n',
  },
  csv: { head: csvHeader(), write: ({ events }) => csvRow(events), tail: '' },
  otlp: {
    head: otlpHead(),
    write: (request, isFirst) => (isFirst ? '' : ',') + otlpSpans(request),
    tail: otlpTail(),
  },
}

/** What most want to know of a request, in one place. */
function summed(events: readonly SessionEvent[]): object {
  const started = events.find(each => each.type === 'started')
  const request = events.find(each => each.type === 'request_recorded')
  const response = events.find(each => each.type === 'response_recorded')
  const completed = events.find(each => each.type === 'completed')
  return {
    started_at: started?.timestamp ?? null,
    model: response?.model_used ?? started?.model_requested ?? null,
    provider: response?.provider ?? started?.provider ?? null,
    outcome: completed?.outcome ?? null,
    request: request?.request_json ?? null,
    response: response?.response_json ?? null,
  }
}
