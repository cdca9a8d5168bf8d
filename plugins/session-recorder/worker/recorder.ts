import { LRUCache } from 'lru-cache'
import { type RequestRecordedEvent, type SessionEvent, withBody } from 'lunaroute/sessions'
import { FRAME, type RecordedAttempt, type RecordedEnd, type RecordedHead, received, type Sent } from '../frames.ts'
import { answerEvents, toolCallsOf } from './answer-events.ts'
import { Assembly, type ToldRequest } from './assembly.ts'
import type { Unzstd } from './content.ts'
import { History } from './history.ts'
import { KnownBodies } from './known-bodies.ts'
import type { Modules } from './modules.ts'
import { readAnswer } from './read-answer.ts'
import { readRequest, withoutTurns } from './read-request.ts'
import { redacted, redactedLine } from './redact.ts'
import { requestEvents, type Told } from './request-events.ts'
import { SessionNames } from './session.ts'

const MAX_DROPPED = 10_000

export interface RecorderParts {
  readonly modules: Modules
  readonly unzstd: Unzstd
  readonly userAgentLength: number
  /** Whether a writer has a session from before. */
  knows(session: string): boolean
  /** Takes the events of one exchange, in order. */
  emit(events: readonly SessionEvent[]): void
}

/** Makes events of the frames of exchanges. */
export class Recorder {
  readonly #parts: RecorderParts
  readonly #open = new Map<number, Assembly>()
  /** What was sent of them may be on its way yet. */
  readonly #dropped = new LRUCache<number, true>({ max: MAX_DROPPED })
  readonly #names = new SessionNames()
  readonly #bodies = new KnownBodies()
  readonly #history: History
  exchanges = 0
  unreadable = 0

  constructor(parts: RecorderParts) {
    this.#parts = parts
    this.#history = new History(session => parts.knows(session))
  }

  /** Never throws: an exchange that cannot be read is counted and let go. */
  take(kind: number, exchange: number, time: number, payload: Buffer): void {
    try {
      this.#take(kind, exchange, time, payload)
    } catch {
      this.unreadable++
      this.drop(exchange)
    }
  }

  /** Parts of an exchange are missing. */
  drop(exchange: number): void {
    this.#open.delete(exchange)
    this.#dropped.set(exchange, true)
  }

  #take(kind: number, exchange: number, time: number, payload: Buffer): void {
    if (this.#dropped.has(exchange)) return
    const assembly = this.#open.get(exchange) ?? new Assembly()
    this.#open.set(exchange, assembly)
    switch (kind) {
      case FRAME.head:
        assembly.head = received<RecordedHead>(parse(payload))
        return
      case FRAME.body:
        assembly.body.push(payload)
        return
      case FRAME.attempt:
        assembly.attempt = parse<RecordedAttempt>(payload)
        // Without a head where an earlier worker got it.
        if (assembly.hasHead) this.#begin(assembly, null)
        return
      case FRAME.bytes:
        assembly.answer.push(payload)
        assembly.times.push(time)
        return
      case FRAME.end:
        this.#open.delete(exchange)
        if (assembly.hasHead) this.#finish(assembly, received(parse<Sent<RecordedEnd>>(payload)))
    }
  }

  #begin(assembly: Assembly, model: string | null): ToldRequest {
    const { modules, userAgentLength } = this.#parts
    const { head } = assembly
    const request = readRequest(head, joined(assembly.body.splice(0)), modules.dialects.get(head.dialect), this.#bodies)
    const { redactor } = modules
    const session = this.#names.of(head, request, text => redactor !== undefined && redactor.text(text) !== text)
    const addition = request.neutral && this.#history.add(session, request.neutral, request.size)
    const told = { session, size: request.size, neutral: withoutTurns(request.neutral), sequence: 0 }
    assembly.told = told
    const events = requestEvents(assembly, request, addition, { userAgentLength, model })
    this.#emit(assembly, told, events, request.line)
    return told
  }

  #finish(assembly: Assembly, end: RecordedEnd): void {
    const { modules } = this.#parts
    const { head } = assembly
    const told = assembly.told ?? this.#begin(assembly, end.model)
    const module = modules.dialects.get(head.dialect)
    const { neutral, session } = told
    const answer = readAnswer(head, end, joined(assembly.answer), module?.codec, neutral, this.#parts.unzstd)
    this.exchanges++
    if (answer.isUnreadable) this.unreadable++
    this.#names.answered(head, answer.neutral?.id, session)
    const at = head.startedAt + end.duration
    const calls = toolCallsOf(answer)
    this.#history.called(
      session,
      calls.map(({ callId, name }) => ({ callId, call: { name, requestId: head.id, at } })),
    )
    this.#emit(assembly, told, answerEvents({ assembly, request: told, end, answer, module, prices: modules.prices }))
  }

  /** `body`: the request's, where it may be written as it came. */
  #emit(assembly: Assembly, told: ToldRequest, events: readonly Told[], body?: Buffer): void {
    const { redactor } = this.#parts.modules
    const whole = events.map((event): SessionEvent => {
      const base = { session_id: told.session, request_id: assembly.head.id, sequence: told.sequence++ }
      const { type, timestamp, ...rest } = event
      const complete = { type, ...base, timestamp, ...rest } as SessionEvent
      if (complete.type === 'request_recorded' && body) {
        const line = redactor ? redactedLine(body, redactor) : body
        const bare = redactor ? redacted({ ...complete, request_json: null }, redactor) : complete
        if (line) return asItCame(bare, line)
      }
      return redactor ? redacted(complete, redactor) : complete
    })
    this.#parts.emit(whole)
  }
}

/** What was read of the body can go: it is several times as large. */
function asItCame({ request_json: _, ...rest }: RequestRecordedEvent, body: Buffer): SessionEvent {
  return withBody(rest, body)
}

/** Most bodies are one piece, and are not copied. */
function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}

function parse<T>(payload: Buffer): T {
  return JSON.parse(payload.toString()) as T
}
