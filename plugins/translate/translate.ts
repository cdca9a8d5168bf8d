import {
  type Dialect,
  type Exchange,
  GatewayError,
  type LlmRequest,
  type OutgoingAttempt,
  type ProviderView,
  usageSlot,
} from 'lunaroute'
import { type Codec, isObject, type NeutralRequest, type ResponseContext } from 'lunaroute/neutral'
import { randomId } from './answer.ts'
import { estimateTokens } from './count.ts'
import { CountTranslation, countReply } from './count-translation.ts'
import { providerHeaders } from './headers.ts'
import type { Memory } from './memory.ts'
import { applyPolicies } from './policies/index.ts'
import type { Profiles } from './profiles/index.ts'
import { Recorder } from './recorder.ts'
import { Reversal } from './reversal.ts'
import { translationSlot } from './slot.ts'
import { Translation } from './translation.ts'

/** Where a request goes, and what is known of it there. */
export interface Destination {
  readonly provider: ProviderView
  readonly target: Dialect
  readonly profiles: Profiles
  readonly memory: Memory
  readonly isStrict: boolean
  /** Milliseconds. */
  readonly keepAliveAfter: number
}

/** An attempt rewritten for a provider of another dialect, with the way back for its answer. */
export function translate(
  attempt: OutgoingAttempt,
  request: LlmRequest,
  exchange: Exchange,
  { provider, target, profiles, memory, isStrict, keepAliveAfter }: Destination,
): OutgoingAttempt {
  const client = codecOf(request.dialect, provider)
  const codec = codecOf(target, provider)
  const { operation } = request.endpoint
  if (operation !== 'generate' && operation !== 'count-tokens') throw untranslatable(request, provider)
  const model = attempt.model ?? request.model ?? ''
  const { isStream } = request
  const place = target.target?.({ operation, model, isStream })
  const read = client.readRequest({ body: bodyOf(attempt.request), model, isStream, operation, headers: {} })
  // The stream that a path asks for is as good as one that the body asks for.
  const neutral: NeutralRequest = operation === 'generate' ? { ...read, stream: { ...read.stream, isStream } } : read
  const recorder = new Recorder(client, isStrict, attempt.dropUnsupportedTools)
  const reversal = new Reversal()
  const profile = profiles.find(model, target.name, codec.limits)
  const fitted = applyPolicies(neutral, {
    profile,
    diagnostics: recorder,
    dialect: target.name,
    provider: provider.name,
    parameters: client.parameters,
    memory,
    reversal,
  })
  const written = codec.writeRequest(fitted, { profile, diagnostics: recorder, model, operation })
  const headers = (): Readonly<Record<string, string>> => {
    const dropped = recorder.header
    return dropped === undefined ? {} : { 'x-lunaroute-dropped': dropped }
  }
  exchange.use(translationSlot).last = {
    client: client.dialect,
    target: target.name,
    provider: provider.name,
    get diagnostics() {
      return recorder.list
    },
  }
  if (operation === 'count-tokens') {
    const estimate = () => estimateTokens(fitted)
    if (!place || !codec.readTokenCount) return { ...attempt, reply: countReply(client, estimate(), headers()) }
    const translation = new CountTranslation({ client, provider: codec, estimate, headers })
    return { ...attempt, ...outgoing(place), translation }
  }
  if (!place) throw untranslatable(request, provider)
  const context: ResponseContext = {
    diagnostics: lenient(recorder),
    request: neutral,
    model: exchange.request?.model ?? model,
    inputTokens: estimateTokens(fitted),
    now: () => Math.floor(Date.now() / 1000),
    id: randomId,
  }
  const usage = exchange.use(usageSlot)
  usage.begin(true)
  const translation = new Translation({
    client,
    provider: codec,
    providerName: provider.name,
    context,
    reversal,
    memory,
    usage,
    to: isStream ? (request.endpoint.stream ?? 'sse') : 'body',
    streamForm: isStream && place.stream === 'json-array' ? 'json-array' : 'body',
    headers,
    keepAliveAfter,
  })
  return { ...attempt, ...outgoing(place), translation }

  function outgoing({ method, path, query, headers: demanded }: NonNullable<typeof place>) {
    const body = Buffer.from(JSON.stringify(written.body))
    const added = { ...demanded, ...written.headers }
    const placed = provider.path(target, path) + (query ? `?${query}` : '')
    return { method, path: placed, body, headers: providerHeaders(attempt.headers, request.head, added) }
  }
}

function bodyOf(request: LlmRequest) {
  const body = request.json()
  if (isObject(body)) return body
  throw new GatewayError('LR_BAD_JSON', 400, 'the request body must be a JSON object')
}

function codecOf(dialect: Dialect, provider: ProviderView): Codec {
  if (dialect.codec) return dialect.codec
  const message = `${dialect.name} cannot be translated, and the provider "${provider.name}" does not speak it`
  throw new GatewayError('LR_UNSUPPORTED', 400, message)
}

function untranslatable({ endpoint, dialect }: LlmRequest, { name }: ProviderView): GatewayError {
  const message = `${endpoint.method} ${endpoint.path} of ${dialect.name} has no counterpart at the provider "${name}"`
  return new GatewayError('LR_UNSUPPORTED', 400, message)
}

/** An answer has been paid for: what cannot be said of it is noted, never refused. */
function lenient(recorder: Recorder): ResponseContext['diagnostics'] {
  return {
    isStrict: false,
    dropped: (path, reason) => recorder.noted(path, reason),
    changed: (path, reason) => recorder.changed(path, reason),
    refused: (path, reason) => recorder.refused(path, reason),
  }
}
