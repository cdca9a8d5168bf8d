import type { RequestRecordedEvent, SessionEvent } from './events.ts'

/** An event in two parts: what is small, and JSON of the body in UTF-8, on one line. */
export interface PartedEvent {
  readonly rest: Omit<RequestRecordedEvent, 'request_json'>
  readonly body: Uint8Array
}

const PARTS = Symbol('parts')

interface Parted {
  readonly [PARTS]?: PartedEvent
}

/**
 * One getter for all events: a hidden class has its getters, and it is a full collection that frees one. With a getter of
 * its own, each event would keep its body until then.
 */
const READ: PropertyDescriptor & ThisType<Required<Parted>> = {
  enumerable: true,
  get() {
    return JSON.parse(new TextDecoder().decode(this[PARTS].body))
  },
}

/** An event whose `request_json` is read from JSON when somebody asks for it. `body` must be valid JSON without a line end. */
export function withBody(rest: PartedEvent['rest'], body: Uint8Array): RequestRecordedEvent {
  const event = Object.defineProperty(Object.assign({}, rest), PARTS, { value: { rest, body } satisfies PartedEvent })
  return Object.defineProperty(event, 'request_json', READ) as RequestRecordedEvent
}

/**
 * The parts of an event whose body is there as JSON: whoever writes it down need not read it and make JSON of it again.
 * Undefined for all others.
 */
export function partsOf(event: SessionEvent): PartedEvent | undefined {
  return (event as Parted)[PARTS]
}

/** JSON of an event, on one line: what `JSON.stringify` says, with a large body at the end. */
export function jsonOf(event: SessionEvent): readonly (string | Uint8Array)[] {
  const parts = partsOf(event)
  if (!parts) return [lineOf(event)]
  return [`${lineOf(parts.rest).slice(0, -1)},"request_json":`, parts.body, '}']
}

/** Halves of characters: JavaScript writes them as escapes, and others (jq 1.6) then read nothing more of a file. */
const HALVES = /(?<=(?<!\\)(?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g

function lineOf(value: unknown): string {
  const json = JSON.stringify(value)
  return json.includes('\\ud') ? json.replace(HALVES, '\\ufffd') : json
}
