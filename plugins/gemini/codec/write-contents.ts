import {
  isObject,
  type JsonObject,
  type Message,
  type NeutralRequest,
  type RequestContext,
  restore,
  shapeOf,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'
import { WIRE_ROLES } from './read-contents.ts'
import { PartWriter } from './write-parts.ts'

/** Writes `systemInstruction` and `contents`. */
export function writeContents(request: NeutralRequest, context: RequestContext): JsonObject {
  const isOwn = request.dialect === DIALECT
  const { diagnostics, profile } = context
  const hasMediaInResults = profile.tools ? profile.tools.hasImagesInResults : undefined
  const writer = new PartWriter({ diagnostics, isOwn, destination: 'provider', hasMediaInResults }, request.messages)
  const head = isOwn ? request.messages.filter(message => message.placement === 'top') : leadingSystem(request.messages)
  const body = request.messages.filter(message => !head.includes(message))
  const turns = joinTurns(
    body.map(message => (isOwn ? message : placeSystem(message, context))),
    isOwn,
  )
  const contents = turns.map(turn => writeTurn(turn, writer)).filter(turn => isOwn || !isEmpty(turn))
  const isSingle = shapeOf(request.extra, DIALECT, 'contents') === 'object' && contents.length === 1
  return {
    systemInstruction: writeSystem(head, writer, isOwn),
    contents: isSingle ? contents[0] : contents.length === 0 ? undefined : contents,
  }
}

function writeSystem(head: readonly Message[], writer: PartWriter, isOwn: boolean): unknown {
  const [first] = head
  if (!first) return undefined
  const blocks = head.flatMap(message => message.content)
  const [only] = blocks
  const isString = shapeOf(first.extra, DIALECT, 'content') === 'string'
  if (isString && blocks.length === 1 && only?.type === 'text') return only.text
  const written = { parts: writeParts(writer.parts(blocks), first) }
  if (!isOwn) return written.parts === undefined ? undefined : written
  return restore(written, first.extra, DIALECT, { parts: [] })
}

function leadingSystem(messages: readonly Message[]): readonly Message[] {
  const end = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer')
  return end < 0 ? messages : messages.slice(0, end)
}

/** Instructions in mid-conversation stay there: hoisting them would break caches and meaning. */
function placeSystem(message: Message, { diagnostics }: RequestContext): Message {
  if (message.role !== 'system' && message.role !== 'developer') return message
  diagnostics.changed(message.at ?? 'messages', 'a system message in mid-conversation becomes marked text of the user')
  const content = message.content.map(block =>
    block.type === 'text' ? { ...block, text: `<system>\n${block.text}\n</system>` } : block,
  )
  return { ...message, role: 'user', content }
}

type Turn = readonly [Message, ...Message[]]

function joinTurns(messages: readonly Message[], isOwn: boolean): readonly Turn[] {
  const turns: [Message, ...Message[]][] = []
  for (const message of messages) {
    const last = turns.at(-1)
    const joins = isOwn
      ? shapeOf(message.extra, DIALECT, 'turn') === 'same'
      : message.role !== 'native' && last !== undefined && WIRE_ROLES[last[0].role] === WIRE_ROLES[message.role]
    if (last && joins) last.push(message)
    else turns.push([message])
  }
  return turns
}

function writeTurn(turn: Turn, writer: PartWriter): unknown {
  const [first] = turn
  const [whole] = first.content
  if (first.role === 'native') return whole && writer.part(whole)[0]
  const role = shapeOf(first.extra, DIALECT, 'role') ?? WIRE_ROLES[first.role]
  const parts = writeParts(writer.parts(turn.flatMap(message => message.content)), first)
  return restore({ parts }, first.extra, DIALECT, { role, parts: [] })
}

/** Parts in the shape they had; no parts at all is a default of the writer. */
function writeParts(parts: readonly unknown[], { extra }: Message): unknown {
  if (parts.length === 0) return undefined
  return shapeOf(extra, DIALECT, 'parts') === 'object' && parts.length === 1 ? parts[0] : parts
}

/** Gemini refuses a turn without parts. */
function isEmpty(turn: unknown): boolean {
  return !isObject(turn) || (Array.isArray(turn.parts) && turn.parts.length === 0)
}
