import type { RequestRecordedEvent, SessionEvent } from './events.ts'

/** An event in two parts: what is small, and JSON of the body in UTF-8, on one line. */
export interface PartedEvent {
  readonly rest: Omit<RequestRecordedEvent, 'request_json'>
  readonly body: Uint8Array
}

const parted = new WeakMap<SessionEvent, PartedEvent>()

/** An event whose `request_json` is read from JSON when somebody asks for it. `body` must be valid JSON without a line end. */
export function withBody(rest: PartedEvent['rest'], body: Uint8Array): RequestRecordedEvent {
  const read = (): unknown => JSON.parse(new TextDecoder().decode(body))
  const event = Object.defineProperty({ ...rest }, 'request_json', { enumerable: true, get: read })
  parted.set(event as RequestRecordedEvent, { rest, body })
  return event as RequestRecordedEvent
}

/**
 * The parts of an event whose body is there as JSON: whoever writes it down need not read it and make JSON of it again.
 * Undefined for all others.
 */
export function partsOf(event: SessionEvent): PartedEvent | undefined {
  return parted.get(event)
}

/** JSON of an event, on one line: what `JSON.stringify` says, with a large body at the end. */
export function jsonOf(event: SessionEvent): readonly (string | Uint8Array)[] {
  const parts = parted.get(event)
  if (!parts) return [lineOf(event)]
  return [`${lineOf(parts.rest).slice(0, -1)},"request_json":`, parts.body, '}']
}

/** Halves of characters: JavaScript writes them as escapes, and others (jq 1.6) then read nothing more of a file. */
const HALVES = /(?<=(?<!\\)(?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g

function lineOf(value: unknown): string {
  const json = JSON.stringify(value)
  return json.includes('\\ud') ? json.replace(HALVES, '\\ufffd') : json
}
