import {
  type Block,
  Fields,
  isObject,
  type JsonObject,
  restore,
  type TextBlock,
  type TokenLogprob,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

/** Gives a candidate's `logprobsResult` to its first text. What has no taker stays in the remainder. */
export function readLogprobs(candidate: Fields, blocks: readonly Block[]): readonly Block[] {
  const text = blocks.find((block): block is TextBlock => block.type === 'text')
  const native = candidate.peek('logprobsResult')
  const l = text && isObject(native) ? candidate.nested('logprobsResult') : undefined
  const chosen = l?.list('chosenCandidates')?.map(readToken)
  if (!l || !chosen?.every(token => token !== undefined)) {
    candidate.leave('logprobsResult')
    return blocks
  }
  const top = l.list('topCandidates')?.map(readTop)
  const isTop = top?.length === chosen.length && top.every(tokens => tokens !== undefined)
  if (!isTop) l.leave('topCandidates')
  const logprobs = isTop ? chosen.map((token, i) => ({ ...token, top: top[i] })) : chosen
  return blocks.map(block => (block === text ? { ...text, logprobs } : block))
}

/** Writes a candidate's `logprobsResult`. */
export function writeLogprobs(blocks: readonly Block[]): JsonObject | undefined {
  const lists = blocks.flatMap(block => (block.type === 'text' && block.logprobs ? [block.logprobs] : []))
  return lists.length === 0 ? undefined : writeTokens(lists.flat())
}

/** Writes tokens as a `logprobsResult`. */
export function writeTokens(tokens: readonly TokenLogprob[]): JsonObject {
  return {
    chosenCandidates: tokens.map(writeToken),
    topCandidates: tokens.some(token => token.top)
      ? tokens.map(({ top = [] }) => ({ candidates: top.map(writeToken) }))
      : undefined,
  }
}

function readTop(value: unknown): readonly TokenLogprob[] | undefined {
  if (!isObject(value) || Object.keys(value).length !== 1 || !Array.isArray(value.candidates)) return undefined
  const tokens = value.candidates.map(readToken)
  return tokens.every(token => token !== undefined) ? tokens : undefined
}

function readToken(value: unknown): TokenLogprob | undefined {
  if (!isObject(value)) return undefined
  const f = new Fields(value)
  const [token, logprob] = [f.string('token'), f.number('logProbability')]
  return token === undefined || logprob === undefined ? undefined : { token, logprob, extra: f.extra(DIALECT) }
}

function writeToken({ token, logprob, extra }: TokenLogprob): JsonObject {
  return restore({ token, logProbability: logprob }, extra, DIALECT)
}
