import { type Block, Fields, isObject, type Message, type Role } from 'lunaroute/neutral'
import { CallIds } from './call-ids.ts'
import { DIALECT } from './name.ts'
import { readPart } from './read-parts.ts'

const ROLES: Readonly<Record<string, Role>> = { user: 'user', model: 'assistant', function: 'tool' }

/** What Gemini calls the speaker of a message; a note tells where it was otherwise. */
export const WIRE_ROLES: Readonly<Partial<Record<Role, string>>> = { user: 'user', tool: 'user', assistant: 'model' }

/** Reads `contents`, which proto JSON lets clients send as a single object, too. */
export function readContents(f: Fields): readonly Message[] {
  f.optional('contents')
  const single = f.object('contents')
  if (single) f.shape('contents', 'object')
  const contents = single ? [single] : (f.list('contents') ?? [])
  const ids = new CallIds('call_')
  return contents.flatMap((value, i) => readContent(value, single ? 'contents' : `contents[${i}]`, ids))
}

/** Reads `systemInstruction`: a content, or a string. */
export function readSystem(f: Fields): Message | undefined {
  const at = 'systemInstruction'
  const text = f.string(at, 'system_instruction')
  if (text !== undefined) {
    const extra = { [DIALECT]: { shapes: { content: 'string' } } }
    return { role: 'system', placement: 'top', content: [{ type: 'text', text, at }], at, extra }
  }
  const native = f.object(at, 'system_instruction')
  if (!native) return undefined
  const s = new Fields(native)
  const content = readParts(s, at, new CallIds('call_'))
  return { role: 'system', placement: 'top', content, at, extra: s.extra(DIALECT) }
}

/** Reads `parts`, a list or a single object. */
export function readParts(f: Fields, at: string | undefined, ids: CallIds): readonly Block[] {
  f.optional('parts')
  const single = f.object('parts')
  if (single) f.shape('parts', 'object')
  const parts = single ? [single] : (f.list('parts') ?? [])
  return parts.map((part, i) => readPart(part, at && (single ? `${at}.parts` : `${at}.parts[${i}]`), ids))
}

/** One content: one message, or several when a turn holds function responses and more. */
function readContent(value: unknown, at: string, ids: CallIds): readonly Message[] {
  const native: Message = { role: 'native', content: [{ type: 'native', dialect: DIALECT, value }], at }
  if (!isObject(value)) return [native]
  const f = new Fields(value)
  const isSilent = f.peek('role') === undefined
  const wire = isSilent ? 'user' : (f.string('role') ?? '')
  if (!Object.hasOwn(ROLES, wire)) return [native]
  f.optional('role')
  const content = readParts(f, at, ids)
  const usual = wire === 'model' ? 'assistant' : 'user'
  const [first = { role: ROLES[wire]!, content: [] }, ...rest] = splitResults(content, usual)
  if (WIRE_ROLES[first.role] !== wire) f.shape('role', wire)
  const next = rest.map(run => ({ ...run, at, extra: { [DIALECT]: { shapes: { turn: 'same' } } } }))
  return [{ ...first, at, extra: f.extra(DIALECT) }, ...next]
}

function splitResults(content: readonly Block[], usual: Role): { readonly role: Role; readonly content: Block[] }[] {
  const runs: { readonly role: Role; readonly content: Block[] }[] = []
  for (const block of content) {
    const role = block.type === 'toolResult' ? 'tool' : usual
    const last = runs.at(-1)
    if (last?.role === role) last.content.push(block)
    else runs.push({ role, content: [block] })
  }
  return runs
}
