import type { Block, Message, NeutralRequest, OpaqueState } from 'lunaroute/neutral'
import type { Policy, PolicyContext } from '../policy.ts'
import { untagged } from '../tag.ts'
import { mapBlocks, mapMessages } from '../walk.ts'
import { isOff } from './reasoning.ts'

/** State goes back to who made it, as they made it, and to nobody else. */
export const withOwnState: Policy = (request, context) =>
  mapBlocks(request, block => {
    if (!block.state) return block
    const { issuer, ...state } = issuerOf(block.state)
    if (state.data === '') return { ...block, state: undefined } as Block
    const isProvider = issuer.provider === '' || issuer.provider === context.provider
    if (issuer.dialect === context.dialect && isProvider) {
      return { ...block, state: { ...state, issuer: issuer.dialect } } as Block
    }
    const { state: _, ...rest } = block
    const isEmpty =
      (block.type === 'reasoning' && block.parts.every(({ text }) => text === '')) ||
      (block.type === 'compaction' && block.text === undefined)
    const at = block.at ?? 'messages'
    const path = isEmpty ? at : `${at}.state`
    context.diagnostics.dropped(path, 'another provider made this state and alone can read it')
    return isEmpty ? undefined : (rest as Block)
  })

/** Reasoning that the client did not send back with the tool calls it led to, from the gateway's memory. */
export const withRememberedState: Policy = (request, context) => {
  const changed = mapMessages(request, message =>
    message.role === 'assistant' ? completed(message, context) : message,
  )
  return needsWhatIsLost(changed, context) ? withoutReasoning(changed, context) : changed
}

/** The first call of a turn has a state, where the model wants one: of a call that another model made, a word for none. */
export const withSignedCalls: Policy = (request, { profile, dialect }) => {
  const { foreignState: data } = profile.tools || {}
  if (data === undefined) return request
  return mapMessages(request, message => {
    const first = message.content.findIndex(({ type }) => type === 'toolCall')
    if (message.role !== 'assistant' || first < 0 || message.content[first]!.state) return message
    const state: OpaqueState = { kind: 'signature', data, issuer: dialect }
    return { ...message, content: message.content.with(first, { ...message.content[first]!, state } as Block) }
  })
}

function issuerOf(state: OpaqueState) {
  const found = untagged(state.data)
  if (found) return { data: found.data, kind: found.issuer.kind, issuer: found.issuer }
  return { data: state.data, kind: state.kind, issuer: { dialect: state.issuer, provider: '' } }
}

function completed(message: Message, { memory, provider, dialect, profile }: PolicyContext): Message {
  const calls = message.content.filter(block => block.type === 'toolCall')
  const found = calls.map(call => ({ call, entry: memory.get(provider, dialect, call.callId) }))
  if (found.every(({ entry }) => entry === undefined)) return message
  const { echo = 'never' } = profile.reasoning || {}
  const isThere = (block: Block) => block.type === 'reasoning' && (block.state !== undefined || echo !== 'never')
  const reasoning = message.content.some(isThere) ? [] : found.flatMap(({ entry }) => entry?.reasoning ?? [])
  // What the client kept of it is the visible half of the same blocks.
  const kept = reasoning.length === 0 ? message.content : message.content.filter(block => block.type !== 'reasoning')
  const first = kept.findIndex(block => block.type === 'toolCall')
  const content = kept.flatMap((block, i) => {
    const call = found.find(each => each.call === block)
    const state = block.state ?? call?.entry?.call
    const whole = state === block.state ? block : ({ ...block, state } as Block)
    return i === first ? [...reasoning, whole] : [whole]
  })
  return { ...message, content }
}

/** A model that reasons must see the reasoning of the turn whose tools have just been run. */
function needsWhatIsLost({ reasoning, messages }: NeutralRequest, { profile }: PolicyContext): boolean {
  const { needsState = false } = profile.reasoning || {}
  if (!needsState || !reasoning || isOff(reasoning)) return false
  const last = messages.findLast(({ role }) => role === 'assistant')
  const isToolTurn = messages.at(-1)?.role === 'tool' && last?.content.some(({ type }) => type === 'toolCall')
  return isToolTurn === true && !last?.content.some(block => block.type === 'reasoning' && block.state)
}

function withoutReasoning(request: NeutralRequest, { diagnostics }: PolicyContext): NeutralRequest {
  diagnostics.changed('reasoning', "the last turn's reasoning is lost, without which the model refuses to reason on")
  return { ...request, reasoning: { mode: 'off' } }
}
