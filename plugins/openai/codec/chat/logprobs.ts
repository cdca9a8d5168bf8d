import {
  type Block,
  type Fields,
  type JsonObject,
  present,
  type RefusalBlock,
  type TextBlock,
  type TokenLogprob,
} from 'lunaroute/neutral'
import { readTokens as readAll, writeToken as writeOne } from '../shared/logprobs.ts'
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
  return readAll(list, DIALECT)
}

/** Writes one token. One of another dialect gets the fields that Chat always has. */
export function writeToken(token: TokenLogprob, isOwn: boolean): JsonObject {
  return writeOne(token, DIALECT, isOwn ? undefined : ALWAYS)
}

const ALWAYS = { bytes: null, top_logprobs: [] }
