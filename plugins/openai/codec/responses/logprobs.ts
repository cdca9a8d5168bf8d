import type { Fields, JsonObject, TokenLogprob } from 'lunaroute/neutral'
import { readTokens, writeToken } from '../shared/logprobs.ts'
import { DIALECT } from './name.ts'

/** Reads `logprobs`, a list of tokens; one with odd tokens stays in the remainder. */
export function readLogprobs(f: Fields): readonly TokenLogprob[] | undefined {
  const list = f.list('logprobs')
  return (list && readTokens(list, DIALECT)) ?? f.leave('logprobs')
}

/** Writes them. Those of another dialect get the fields that every token has. */
export function writeLogprobs(
  tokens: readonly TokenLogprob[] | undefined,
  isOwn: boolean,
): readonly JsonObject[] | undefined {
  return tokens?.map(token => writeToken(token, DIALECT, isOwn ? undefined : ALWAYS))
}

const ALWAYS = { bytes: [], top_logprobs: [] }
