import type { Lineage, LlmRequest } from 'lunaroute'
import { isObject, type Message, type NeutralRequest } from 'lunaroute/neutral'
import type { RecordedHead } from '../frames.ts'
import type { KnownBodies } from './known-bodies.ts'
import type { DialectModule } from './modules.ts'

/** A request as far as it can be read. */
export interface ReadRequest {
  readonly json: unknown
  /** The body, where it is JSON on one line. */
  readonly line: Buffer | undefined
  readonly size: number
  readonly neutral: NeutralRequest | undefined
  readonly isStream: boolean
  /** As the client names it. */
  readonly session: string | undefined
  readonly lineage: Lineage
}

/** Throws nothing: what cannot be read is kept as it is. */
export function readRequest(
  head: RecordedHead,
  body: Buffer,
  module: DialectModule | undefined,
  bodies: KnownBodies,
): ReadRequest {
  const { value: json, line } = bodies.read(body)
  const fields = isObject(json) ? json : {}
  const isStream = head.stream !== null || fields.stream === true
  const request = facade(head, fields)
  return {
    json,
    line,
    size: body.length,
    isStream,
    neutral: attempt(() => neutralOf(head, fields, isStream, module)),
    session: attempt(() => module?.session?.(request)),
    lineage: attempt(() => module?.lineage?.(request)) ?? {},
  }
}

/** What is needed of a request to say its answer in its dialect: not the conversation, which is most of it. */
export function withoutTurns(request: NeutralRequest | undefined): NeutralRequest | undefined {
  const isTold = ({ role }: Message): boolean => role === 'system' || role === 'developer'
  return request && { ...request, messages: request.messages.filter(isTold) }
}

function neutralOf(
  head: RecordedHead,
  body: Readonly<Record<string, unknown>>,
  isStream: boolean,
  module: DialectModule | undefined,
): NeutralRequest | undefined {
  if (head.operation !== 'generate' && head.operation !== 'count-tokens') return undefined
  return module?.codec?.readRequest({ body, isStream, operation: head.operation, headers: head.headers })
}

/** As much of a request as dialects look at for a session's id. */
function facade(head: RecordedHead, fields: Readonly<Record<string, unknown>>): LlmRequest {
  const { method, path, query, headers } = head
  const get = (name: string): string | undefined => headers[name]
  const request = {
    head: { method, path, query, get, has: (name: string) => name in headers },
    peek: (field: string) => fields[field],
  }
  return request as unknown as LlmRequest
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** The words of a message. */
export function textOf(message: Pick<Message, 'content'>): string {
  return message.content.flatMap(block => (block.type === 'text' ? [block.text] : [])).join('\n')
}
