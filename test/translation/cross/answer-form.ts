import type { Choice, NeutralResponse, StopReason, TextBlock, ToolCallBlock, Usage } from 'lunaroute/neutral'
import { untagged } from '../../../plugins/translate/tag.ts'
import { canonical, isShared } from './shared-subset.ts'

/** What an answer says, in a form in which the same answer in another dialect is the same. */
export interface AnswerForm {
  readonly choices: readonly ChoiceForm[]
  readonly usage: Readonly<Record<string, unknown>>
}

interface ChoiceForm {
  readonly text: string
  readonly refusal: string
  readonly reasoning: string
  readonly hasState: boolean
  readonly calls: readonly string[]
  /** Undefined where the provider gave none and the client gets one. */
  readonly ids: readonly (string | undefined)[]
  readonly citations: readonly string[]
  readonly logprobs: number
  readonly stop: StopReason | 'none'
}

/** What each dialect can say of an answer, in the letters of shared-subset.ts. */
const SAYS_OF_ANSWERS = {
  refusal: 'CR',
  reasoning: 'CRMG',
  hasState: 'CRMG',
  citations: 'CRMG',
  logprobs: 'CRG',
} as const

const SAYS_OF_USAGE: Readonly<Record<keyof Usage & string, string>> = {
  inputTokens: 'CRMG',
  cachedTokens: 'CRMG',
  cacheWriteTokens: 'CRM',
  cacheWrite5mTokens: 'M',
  cacheWrite1hTokens: 'M',
  outputTokens: 'CRMG',
  reasoningTokens: 'CRMG',
  totalTokens: 'CRG',
  inputAudioTokens: 'CR',
  outputAudioTokens: 'CR',
  toolInputTokens: 'G',
  acceptedPredictionTokens: 'C',
  rejectedPredictionTokens: 'C',
  serverToolUse: 'M',
  serviceTier: '',
  isEstimated: '',
  extra: '',
}

/** How a dialect tells why the model stopped, where it has no word of its own. `refusal` is told by a part in OpenAI's. */
const STOPS: Readonly<Record<string, Readonly<Partial<Record<StopReason, StopReason>>>>> = {
  'openai-chat': {
    stopSequence: 'stop',
    contextFull: 'length',
    pause: 'stop',
    compaction: 'stop',
    error: 'stop',
    other: 'stop',
  },
  'openai-responses': { stopSequence: 'stop', contextFull: 'length', pause: 'stop', compaction: 'stop', other: 'stop' },
  'anthropic-messages': { filter: 'refusal', error: 'stop', other: 'stop' },
  gemini: {
    stopSequence: 'stop',
    contextFull: 'length',
    refusal: 'filter',
    pause: 'stop',
    compaction: 'stop',
    other: 'error',
  },
}

/** What of an answer both dialects can say. `to` is the one that it is, or shall be, said in. */
export function formOf({ choices, usage }: NeutralResponse, from: string, to: string): AnswerForm {
  const isSaid = (row: string) => isShared(row, from, to)
  const counted = isSaid(SAYS_OF_USAGE.toolInputTokens) ? usage : { ...usage, inputTokens: inputOf(usage) }
  // Responses and Messages give one answer.
  const said = ['openai-responses', 'anthropic-messages'].includes(to) ? choices.slice(0, 1) : choices
  return {
    choices: said.map(choice => choiceForm(choice, isSaid, to)),
    usage: Object.fromEntries(
      Object.entries(counted ?? {}).filter(
        // Nothing used and nothing said of it are the same.
        ([key, value]) =>
          value !== undefined && value !== 0 && value !== null && isSaid(SAYS_OF_USAGE[key as keyof Usage] ?? ''),
      ),
    ),
  }
}

/** What provider-run tools fed back to the model is input where it is not told apart. */
function inputOf({ inputTokens, toolInputTokens }: Usage = {}): number | undefined {
  return toolInputTokens ? (inputTokens ?? 0) + toolInputTokens : inputTokens
}

function choiceForm({ content, stop }: Choice, isSaid: (row: string) => boolean, to: string): ChoiceForm {
  const texts = content.filter(block => block.type === 'text')
  const refusal = content.flatMap(block => (block.type === 'refusal' ? [block.text] : [])).join('')
  const hasRefusal = isSaid(SAYS_OF_ANSWERS.refusal)
  const reasoning = content.filter(block => block.type === 'reasoning')
  const calls = content.filter(block => block.type === 'toolCall')
  const reason = stop?.reason ?? 'none'
  return {
    text: texts.map(({ text }) => text).join('') + (hasRefusal ? '' : refusal),
    refusal: hasRefusal ? refusal : '',
    // Between parts and blocks of reasoning there are breaks in some dialects.
    reasoning: reasoning
      .flatMap(({ parts }) => parts.map(({ text }) => text))
      .join('')
      .replaceAll(/\s/g, ''),
    // A mark alone says that there was none.
    hasState: reasoning.some(({ state }) => state !== undefined && (untagged(state.data) ?? state).data !== ''),
    calls: calls.map(callForm),
    ids: calls.map(call => (isMadeUp(call) ? undefined : call.callId)),
    citations: [...new Set(texts.flatMap(citationsIn))].sort(),
    logprobs: isSaid(SAYS_OF_ANSWERS.logprobs) ? texts.flatMap(({ logprobs }) => logprobs ?? []).length : 0,
    stop: reason === 'none' ? 'none' : stopIn(to, reason, refusal !== ''),
  }
}

/** Where a refusal is a part, one without words is a filter's work. */
function stopIn(to: string, reason: StopReason, hasWords: boolean): StopReason {
  const isSilent = reason === 'refusal' && !hasWords && to.startsWith('openai-')
  return isSilent ? 'filter' : (STOPS[to]![reason] ?? reason)
}

function callForm({ name, input, inputType }: ToolCallBlock): string {
  return `${name} ${inputType === 'text' ? canonical({ input }) : jsonOf(input)}`
}

function isMadeUp({ callId, extra = {} }: ToolCallBlock): boolean {
  const absent = Object.values(extra).flatMap(({ absent = [] }) => absent)
  return callId === '' || absent.some(key => key === 'id' || key.endsWith('.id'))
}

/** Pages are cited in all dialects. */
function citationsIn({ citations = [] }: TextBlock): readonly string[] {
  return citations.flatMap(each => (each.type === 'url' ? [`${each.url} ${each.title ?? ''}`] : []))
}

function jsonOf(text: string): string {
  try {
    return text === '' ? '{}' : canonical(JSON.parse(text))
  } catch {
    return text
  }
}
