import { Fields, isObject, type JsonObject, restore, type TokenLogprob } from 'lunaroute/neutral'

/** Reads a list of tokens, or nothing of it. */
export function readTokens(list: readonly unknown[], dialect: string): readonly TokenLogprob[] | undefined {
  const tokens = list.map(value => readToken(value, dialect))
  return tokens.every(token => token !== undefined) ? tokens : undefined
}

function readToken(value: unknown, dialect: string): TokenLogprob | undefined {
  if (!isObject(value)) return undefined
  const f = new Fields(value)
  const [token, logprob] = [f.string('token'), f.number('logprob')]
  if (token === undefined || logprob === undefined) return undefined
  const bytes = f.list('bytes')
  const areBytes = bytes?.every(byte => typeof byte === 'number')
  if (!areBytes) f.leave('bytes')
  const top = f.list('top_logprobs')
  return {
    token,
    logprob,
    bytes: areBytes ? (bytes as readonly number[]) : undefined,
    top: (top && readTokens(top, dialect)) ?? f.leave('top_logprobs'),
    extra: f.extra(dialect),
  }
}

/** Writes one token, with `defaults` for what it lacks. */
export function writeToken(
  { token, logprob, bytes, top, extra }: TokenLogprob,
  dialect: string,
  defaults: JsonObject | undefined,
): JsonObject {
  const top_logprobs = top?.map(each => writeToken(each, dialect, defaults))
  return restore({ token, logprob, bytes, top_logprobs }, extra, dialect, defaults)
}
