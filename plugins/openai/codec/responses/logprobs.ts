import { Fields, isObject, type JsonObject, restore, type TokenLogprob } from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

/** Reads `logprobs`, a list of tokens; one with odd tokens stays in the remainder. */
export function readLogprobs(f: Fields): readonly TokenLogprob[] | undefined {
  const tokens = f.list('logprobs')?.map(readToken)
  return tokens?.every(token => token !== undefined) ? tokens : f.leave('logprobs')
}

/** What every token has. */
const ALWAYS = { bytes: [], top_logprobs: [] }

/** Writes them. */
export function writeLogprobs(
  tokens: readonly TokenLogprob[] | undefined,
  isOwn: boolean,
): readonly JsonObject[] | undefined {
  return tokens?.map(({ token, logprob, bytes, top, extra }) =>
    restore(
      { token, logprob, bytes, top_logprobs: writeLogprobs(top, isOwn) },
      extra,
      DIALECT,
      isOwn ? undefined : ALWAYS,
    ),
  )
}

function readToken(value: unknown): TokenLogprob | undefined {
  if (!isObject(value)) return undefined
  const f = new Fields(value)
  const [token, logprob] = [f.string('token'), f.number('logprob')]
  if (token === undefined || logprob === undefined) return undefined
  const bytes = f.list('bytes')
  const areBytes = bytes?.every(byte => typeof byte === 'number')
  if (!areBytes) f.leave('bytes')
  const top = f.list('top_logprobs')?.map(readToken)
  const isTop = top?.every(token => token !== undefined)
  if (!isTop) f.leave('top_logprobs')
  return {
    token,
    logprob,
    bytes: areBytes ? (bytes as readonly number[]) : undefined,
    top: isTop ? top : undefined,
    extra: f.extra(DIALECT),
  }
}
