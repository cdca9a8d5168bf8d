import type { ModelProfile, Sampling } from 'lunaroute/neutral'
import type { Policy, PolicyContext } from '../policy.ts'

const RANGED = ['temperature', 'topP', 'topK', 'frequencyPenalty', 'presencePenalty'] as const
const SWITCHED = ['seed', 'logitBias'] as const

/** Numbers the model takes: what it refuses is dropped, what is out of range is moved to its end. */
export const withinNumbers: Policy = (request, context) => {
  const { profile, diagnostics } = context
  const sampling = request.sampling && fitted(request.sampling, context)
  const maxOutputTokens = clampedOutput(request.maxOutputTokens, profile, context)
  const { maxStops } = profile
  const hasTooMany = maxStops !== undefined && (request.stop?.length ?? 0) > maxStops
  // Of several answers, none may be cut while the others go on.
  if (hasTooMany && maxStops === 0 && (request.answers ?? 1) === 1) {
    diagnostics.changed('stop', 'the model takes no stop sequences: its answer is cut at the first one it says')
    context.reversal.stoppedBy(request.stop!)
  } else if (hasTooMany) diagnostics.dropped('stop', `the model takes ${maxStops} stop sequences`)
  const stop = hasTooMany ? (maxStops === 0 ? undefined : request.stop?.slice(0, maxStops)) : request.stop
  return { ...request, sampling, maxOutputTokens, stop }
}

function fitted(sampling: Sampling, { profile, diagnostics }: PolicyContext): Sampling {
  const limits = profile.sampling ?? {}
  const result: Record<string, unknown> = { ...sampling }
  for (const key of RANGED) {
    const [value, range] = [sampling[key], limits[key]]
    if (value === undefined || range === undefined) continue
    if (range === false) {
      diagnostics.dropped(`sampling.${key}`, 'the model does not take it')
      result[key] = undefined
      continue
    }
    const { min = value, max = value } = range
    const clamped = Math.min(Math.max(value, min), max)
    if (clamped !== value) diagnostics.changed(`sampling.${key}`, `the model takes ${min} to ${max}`)
    result[key] = clamped
  }
  for (const key of SWITCHED) {
    if (sampling[key] === undefined || limits[key] !== false) continue
    diagnostics.dropped(`sampling.${key}`, 'the model does not take it')
    result[key] = undefined
  }
  return result
}

function clampedOutput(
  asked: number | undefined,
  { maxOutputTokens: most, minOutputTokens: least }: ModelProfile,
  { diagnostics }: PolicyContext,
): number | undefined {
  if (asked !== undefined && least !== undefined && asked < least) {
    diagnostics.changed('maxOutputTokens', `the model takes at least ${least} tokens`)
    return least
  }
  if (asked === undefined || most === undefined || asked <= most) return asked
  diagnostics.changed('maxOutputTokens', `the model gives at most ${most} tokens`)
  return most
}
