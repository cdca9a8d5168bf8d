import {
  type Block,
  Fields,
  isObject,
  type JsonObject,
  type Message,
  type NeutralRequest,
  type RequestContext,
  type Role,
  restore,
  shapeOf,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'
import { readBlock, readContent } from './read-blocks.ts'
import { BlockWriter } from './write-blocks.ts'

const ROLES: Readonly<Record<string, Role>> = { user: 'user', assistant: 'assistant', system: 'system' }

/** Reads the top-level `system`, which stays in the remainder if it is neither a string nor a list. */
export function readSystem(f: Fields): Message | undefined {
  const text = f.string('system')
  const blocks = text === undefined ? f.list('system') : undefined
  if (text === undefined && blocks === undefined) return undefined
  const content: readonly Block[] = blocks
    ? blocks.map((value, i) => readBlock(value, `system[${i}]`))
    : [{ type: 'text', text: text!, at: 'system' }]
  const extra = blocks ? undefined : { [DIALECT]: { shapes: { content: 'string' } } }
  return { role: 'system', placement: 'top', content, at: 'system', extra }
}

/** Reads an element of `messages`: one message, or several when a user turn holds tool results and more. */
export function readMessage(value: unknown, i: number): readonly Message[] {
  const at = `messages[${i}]`
  const native: Message = { role: 'native', content: [{ type: 'native', dialect: DIALECT, value }], at }
  if (!isObject(value)) return [native]
  const f = new Fields(value)
  const role = ROLES[f.string('role') ?? '']
  if (role === undefined) return [native]
  f.optional('content')
  const content = readContent(f, at) ?? []
  const extra = f.extra(DIALECT)
  if (role !== 'user') return [{ role, content, at, extra }]
  const [first, ...rest] = splitResults(content)
  const next = rest.map(({ role, content }) => ({ role, content, at, extra: SAME_TURN }))
  return [{ role: first?.role ?? 'user', content: first?.content ?? [], at, extra }, ...next]
}

/** Writes `system` and `messages`. */
export function writeMessages(request: NeutralRequest, context: RequestContext): JsonObject {
  const isOwn = request.dialect === DIALECT
  const writer = new BlockWriter(context.diagnostics, isOwn, 'provider')
  const head = isOwn ? request.messages.filter(message => message.placement === 'top') : leadingSystem(request.messages)
  const body = request.messages.filter(message => !head.includes(message))
  const shape = head.length === 1 ? shapeOf(head[0]?.extra, DIALECT, 'content') : undefined
  const instructions = head.flatMap(message => message.content)
  if (!isOwn) reportNames(request.messages, context)
  const turns = body.map(message => (isOwn ? message : placeSystem(message, context)))
  const written = joinTurns(turns, isOwn)
    .map(turn => writeTurn(turn, writer))
    .filter(turn => isOwn || !isEmpty(turn))
  return {
    system: head.length === 0 ? undefined : writer.content(instructions, shape),
    messages: written.length === 0 ? undefined : written,
  }
}

const SAME_TURN = { [DIALECT]: { shapes: { turn: 'same' } } }

function splitResults(content: readonly Block[]): { readonly role: Role; readonly content: Block[] }[] {
  const runs: { readonly role: Role; readonly content: Block[] }[] = []
  for (const block of content) {
    const role = block.type === 'toolResult' ? 'tool' : 'user'
    const last = runs.at(-1)
    if (last?.role === role) last.content.push(block)
    else runs.push({ role, content: [block] })
  }
  return runs
}

function leadingSystem(messages: readonly Message[]): readonly Message[] {
  const end = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer')
  return end < 0 ? messages : messages.slice(0, end)
}

/** Instructions in mid-conversation stay there: hoisting them would break caches and meaning. */
function placeSystem(message: Message, { profile, diagnostics }: RequestContext): Message {
  if (message.role !== 'system' && message.role !== 'developer') return message
  if (profile.hasInlineSystem) return { ...message, role: 'system' }
  diagnostics.changed(message.at ?? 'messages', 'a system message in mid-conversation becomes marked text of the user')
  const content = message.content.map(block =>
    block.type === 'text' ? { ...block, text: `<system>\n${block.text}\n</system>` } : block,
  )
  return { ...message, role: 'user', content }
}

function reportNames(messages: readonly Message[], { diagnostics }: RequestContext): void {
  for (const { name, at = 'messages' } of messages) {
    if (name !== undefined) diagnostics.dropped(`${at}.name`, 'messages has no names of speakers')
  }
}

type Turn = readonly [Message, ...Message[]]

function joinTurns(messages: readonly Message[], isOwn: boolean): readonly Turn[] {
  const turns: [Message, ...Message[]][] = []
  for (const message of messages) {
    const last = turns.at(-1)
    const isSame = last !== undefined && wireRole(last[0]) === wireRole(message) && message.role !== 'native'
    const joins = isOwn ? shapeOf(message.extra, DIALECT, 'turn') === 'same' : message.role !== 'system'
    if (isSame && joins) last.push(message)
    else turns.push([message])
  }
  return turns
}

function wireRole({ role }: Message): string {
  return role === 'tool' ? 'user' : role
}

function writeTurn(turn: Turn, writer: BlockWriter): unknown {
  const [first] = turn
  const [whole] = first.content
  if (first.role === 'native') return whole && writer.block(whole)
  const blocks = turn.flatMap(message => message.content)
  const content = blocks.length === 0 ? undefined : writer.content(blocks, shapeOf(first.extra, DIALECT, 'content'))
  return restore({ role: wireRole(first), content }, first.extra, DIALECT, { content: [] })
}

/** Messages refuses a turn without content. */
function isEmpty(turn: unknown): boolean {
  return isObject(turn) && Array.isArray(turn.content) && turn.content.length === 0
}
