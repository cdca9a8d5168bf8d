import { createHash } from 'node:crypto'
import { callerSlot, type Exchange, type LlmRequest } from 'lunaroute'
import { digest } from './rendezvous.ts'

export type Affinity = 'session' | 'user' | 'prefix'

/** Where dialects keep what stands before a conversation, and the conversation itself. */
const INSTRUCTIONS = ['system', 'instructions', 'system_instruction', 'systemInstruction']
const CONVERSATIONS = ['messages', 'input', 'contents']
const FIELDS = [...INSTRUCTIONS, 'tools', ...CONVERSATIONS]
/** Bytes of each that are looked at. Providers cache prompts from about this length on. */
const LOOKED_AT = 64 * 1024
const BEGINNING = 4096

/** What requests have in common that should meet the same target, as bytes; undefined where this one has none of it. */
export function affinityOf(
  by: readonly Affinity[],
  request: LlmRequest | null,
  exchange: Exchange,
): Buffer | undefined {
  for (const each of by) {
    const found = FINDERS[each](request, exchange)
    if (found) return found
  }
  return undefined
}

const FINDERS: Readonly<Record<Affinity, (request: LlmRequest | null, exchange: Exchange) => Buffer | undefined>> = {
  session: (_request, { session }) => (session === undefined ? undefined : digest(`session ${session}`)),
  user: (request, exchange) => {
    const { name, keyHash } = exchange.use(callerSlot)
    const user = keyHash ?? name ?? userOf(request)
    return user === undefined ? undefined : digest(`user ${user}`)
  },
  prefix: request => (request ? prefixOf(request) : undefined),
}

function userOf(request: LlmRequest | null): string | undefined {
  const user = request?.dialect.peek.includes('user') ? request.peek('user') : undefined
  return typeof user === 'string' ? user : undefined
}

/** Instructions and tools, byte for byte, since that is how providers compare. Chat keeps instructions in the messages. */
function prefixOf(request: LlmRequest): Buffer | undefined {
  const slices = request.slices(FIELDS)
  const hash = createHash('sha1')
  const add = (slice: Buffer | undefined, length: number) => {
    if (slice) hash.update(`${slice.length < length ? slice.length : length}:`).update(slice.subarray(0, length))
    return slice !== undefined
  }
  const instructions = slices.slice(0, INSTRUCTIONS.length).map(each => add(each, LOOKED_AT))
  const hasTools = add(slices[INSTRUCTIONS.length], LOOKED_AT)
  if (instructions.includes(true)) return hash.digest()
  const conversation = slices.slice(INSTRUCTIONS.length + 1).map(each => add(each, BEGINNING))
  return hasTools || conversation.includes(true) ? hash.digest() : undefined
}
