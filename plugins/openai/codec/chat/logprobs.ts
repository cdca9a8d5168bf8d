import {
  type Block,
  Fields,
  isObject,
  type JsonObject,
  present,
  type RefusalBlock,
  restore,
  type TextBlock,
  type TokenLogprob,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

/** Gives a choice's `logprobs` to its first text and its refusal. What has no taker stays in the remainder. */
export function readLogprobs(choice: Fields, blocks: readonly Block[]): readonly Block[] {
  const l = choice.nested('logprobs')
  if (!l) return blocks
  const text = blocks.find(block => block.type === 'text')
  const refusal = blocks.find(block => block.type === 'refusal')
  const ofText = text && readList(l, 'content')
  const ofRefusal = refusal && readList(l, 'refusal')
  return blocks.map(block => {
    if (block === text && ofText) return { ...text, logprobs: ofText }
    return block === refusal && ofRefusal ? { ...refusal, logprobs: ofRefusal } : block
  })
}

/** Writes a choice's `logprobs`. */
export function writeLogprobs(blocks: readonly Block[], isOwn: boolean): JsonObject | undefined {
  const of = (type: 'text' | 'refusal') => {
    const lists = blocks
      .filter((block): block is TextBlock | RefusalBlock => block.type === type)
      .flatMap(block => (block.logprobs ? [block.logprobs] : []))
    return lists.length === 0 ? undefined : lists.flat().map(token => writeToken(token, isOwn))
  }
  const written = present({ content: of('text'), refusal: of('refusal') })
  return written && !isOwn ? { content: written.content ?? null, refusal: written.refusal ?? null } : written
}

function readList(l: Fields, key: string): readonly TokenLogprob[] | undefined {
  const list = l.list(key)
  return (list && readTokens(list)) ?? l.leave(key)
}

/** Reads a list of tokens, or nothing of it. */
export function readTokens(list: readonly unknown[]): readonly TokenLogprob[] | undefined {
  const tokens = list.map(readToken)
  return tokens.every(token => token !== undefined) ? tokens : undefined
}

function readToken(value: unknown): TokenLogprob | undefined {
  if (!isObject(value)) return undefined
  const f = new Fields(value)
  const [token, logprob] = [f.string('token'), f.number('logprob')]
  if (token === undefined || logprob === undefined) return undefined
  const bytes = f.list('bytes')
  const isBytes = bytes?.every(byte => typeof byte === 'number')
  if (!isBytes) f.leave('bytes')
  const top = f.list('top_logprobs')?.map(readToken)
  const isTop = top?.every(token => token !== undefined)
  if (!isTop) f.leave('top_logprobs')
  return {
    token,
    logprob,
    bytes: isBytes ? (bytes as readonly number[]) : undefined,
    top: isTop ? top : undefined,
    extra: f.extra(DIALECT),
  }
}

/** Writes one token. One of another dialect gets the fields that Chat always has. */
export function writeToken({ token, logprob, bytes, top, extra }: TokenLogprob, isOwn: boolean): JsonObject {
  const top_logprobs = top?.map(each => writeToken(each, isOwn))
  const written = { token, logprob, bytes, top_logprobs }
  return restore(written, extra, DIALECT, isOwn ? undefined : { bytes: null, top_logprobs: [] })
}
