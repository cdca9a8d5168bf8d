import type { Block, Fields, Stop, StopReason } from 'lunaroute/neutral'

const REASONS: Readonly<Record<string, StopReason>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'filter',
  RECITATION: 'filter',
  BLOCKLIST: 'filter',
  PROHIBITED_CONTENT: 'filter',
  SPII: 'filter',
  MODEL_ARMOR: 'filter',
  IMAGE_SAFETY: 'filter',
  IMAGE_PROHIBITED_CONTENT: 'filter',
  IMAGE_RECITATION: 'filter',
  LANGUAGE: 'error',
  OTHER: 'error',
  MALFORMED_FUNCTION_CALL: 'error',
  MALFORMED_RESPONSE: 'error',
  UNEXPECTED_TOOL_CALL: 'error',
  TOO_MANY_TOOL_CALLS: 'error',
  MISSING_THOUGHT_SIGNATURE: 'error',
  IMAGE_OTHER: 'error',
  NO_IMAGE: 'error',
  // Some clients' encoders give the numbers of Google's enum.
  1: 'stop',
  2: 'length',
  3: 'filter',
}

const WORDS: Readonly<Record<StopReason, string>> = {
  stop: 'STOP',
  stopSequence: 'STOP',
  toolCalls: 'STOP',
  pause: 'STOP',
  compaction: 'STOP',
  length: 'MAX_TOKENS',
  contextFull: 'MAX_TOKENS',
  filter: 'SAFETY',
  refusal: 'SAFETY',
  error: 'OTHER',
  other: 'OTHER',
}

/** Reads the fields of a candidate that tell why it ended. An answer that holds calls stopped for them, though it says STOP. */
export function readStop(c: Fields, hasCalls: boolean): Stop | undefined {
  const word = c.peek('finishReason')
  if (typeof word === 'number') c.shape('finishReason', 'number')
  const native = typeof word === 'number' ? String(c.number('finishReason')) : c.string('finishReason')
  if (native === undefined) return undefined
  return { reason: reasonOf(native, hasCalls), native, message: c.string('finishMessage') }
}

/** The reason behind a word of Gemini's. */
export function reasonOf(native: string, hasCalls: boolean): StopReason {
  const reason = Object.hasOwn(REASONS, native) ? REASONS[native]! : 'other'
  return reason === 'stop' && hasCalls ? 'toolCalls' : reason
}

/** Writes a stop as a word of Gemini's. */
export function finishReason(stop: Stop, isOwn: boolean, shape?: string): string | number {
  const word = isOwn ? (stop.native ?? WORDS[stop.reason]) : WORDS[stop.reason]
  return shape === 'number' && Number.isFinite(Number(word)) ? Number(word) : word
}

/** Whether the client is asked to run something. */
export function hasCalls(blocks: readonly Block[]): boolean {
  return blocks.some(block => block.type === 'toolCall')
}
