import type { Exchange, LlmRequest, OutgoingAttempt } from 'lunaroute'
import { type Block, type Codec, isObject } from 'lunaroute/neutral'
import { withRememberedState, withSignedCalls } from './policies/reasoning-state.ts'
import type { PolicyContext } from './policy.ts'
import { Recorder } from './recorder.ts'
import { Reversal } from './reversal.ts'
import { translationSlot } from './slot.ts'
import { hasTag, untagged } from './tag.ts'
import type { Destination } from './translate.ts'
import { mapBlocks } from './walk.ts'

/**
 * An attempt in the client's own dialect whose conversation holds state that was marked with its issuer, in an answer
 * translated earlier. The provider knows no such marks: the state goes back as it was made, or not at all. Undefined for
 * every other attempt, whose bytes stay as they are.
 */
export function broughtHome(
  attempt: OutgoingAttempt,
  { dialect, endpoint, isStream }: LlmRequest,
  exchange: Exchange,
  { provider, profiles, memory, isStrict }: Omit<Destination, 'target' | 'keepAliveAfter'>,
): OutgoingAttempt | undefined {
  const { codec } = dialect
  const { operation } = endpoint
  if (!codec || (operation !== 'generate' && operation !== 'count-tokens') || !hasTag(attempt.body)) return undefined
  const body = parsed(attempt.body)
  if (!isObject(body)) return undefined
  const model = attempt.model ?? exchange.request?.model ?? ''
  const recorder = new Recorder(codec, isStrict, attempt.dropUnsupportedTools)
  const profile = profiles.find(model, dialect.name, codec.limits)
  const context: PolicyContext = {
    profile,
    diagnostics: recorder,
    dialect: dialect.name,
    provider: provider.name,
    parameters: codec.parameters,
    memory,
    reversal: new Reversal(),
  }
  const read = codec.readRequest({ body, model, isStream, operation, headers: {} })
  const stripped = withoutTags(read, context)
  if (stripped === read) return undefined
  const changed = withSignedCalls(withRememberedState(stripped, context), context)
  note(exchange, codec, provider.name, recorder)
  const written = codec.writeRequest(changed, { profile, diagnostics: recorder, model, operation })
  return { ...attempt, body: Buffer.from(JSON.stringify(written.body)) }
}

/** Broken JSON is the provider's to refuse: it goes there as it came. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

function withoutTags(request: Parameters<typeof mapBlocks>[0], { dialect, provider, diagnostics }: PolicyContext) {
  return mapBlocks(request, (block, message) => {
    const found = block.state && untagged(block.state.data)
    if (!found) return block
    const { issuer, data } = found
    if (issuer.dialect === dialect && issuer.provider === provider) {
      return { ...block, state: { kind: issuer.kind, data, issuer: dialect } } as Block
    }
    const { state: _, ...rest } = block
    if (data === '' && block.type !== 'reasoning') return rest as Block
    diagnostics.dropped(block.at ?? message.at ?? 'messages', 'another provider made this state and alone can read it')
    // Reasoning without its state is none to the provider that wants both.
    return block.type === 'reasoning' || block.type === 'compaction' ? undefined : (rest as Block)
  })
}

function note(exchange: Exchange, { dialect }: Codec, provider: string, recorder: Recorder): void {
  const dropped = recorder.header
  if (dropped !== undefined) exchange.setResponseHeader('x-lunaroute-dropped', dropped)
  exchange.use(translationSlot).last = {
    client: dialect,
    target: dialect,
    provider,
    get diagnostics() {
      return recorder.list
    },
  }
}
