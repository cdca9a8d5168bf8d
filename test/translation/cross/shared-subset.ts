import { isObject, type NeutralRequest, type ToolChoice } from 'lunaroute/neutral'

/**
 * What each dialect can say of a request, by neutral path: C is Chat, R Responses, M Messages, G Gemini. Two dialects
 * share a row if both have it: then it comes back as it was, unless the model's limits forbid it and say so. What they
 * do not share must be told as lost. The messages, tools and their blocks are in conversation.ts and tools.ts.
 */
export const SAYS: Readonly<Record<string, string>> = {
  'sampling.temperature': 'CRMG',
  'sampling.topP': 'CRMG',
  'sampling.topK': 'MG',
  'sampling.frequencyPenalty': 'CG',
  'sampling.presencePenalty': 'CG',
  'sampling.seed': 'CG',
  'sampling.logitBias': 'C',
  maxOutputTokens: 'CRMG',
  stop: 'CMG',
  answers: 'CG',
  'logprobs.top': 'CRG',
  toolChoice: 'CRMG',
  isParallelToolUse: 'CRM',
  'reasoning.effort': 'CRMG',
  'reasoning.budgetTokens': 'MG',
  'reasoning.mode': 'MG',
  'reasoning.isVisible': 'RMG',
  'reasoning.summary': 'R',
  'output.format.type': 'CRG',
  'output.format.schema': 'CRMG',
  'output.format.name': 'CR',
  'output.format.description': 'CR',
  'output.format.isStrict': 'CR',
  'output.modalities': 'CG',
  'output.audio': 'C',
  'output.verbosity': 'CR',
  'cache.key': 'CR',
  'cache.retention': 'CR',
  'cache.mode': 'CR',
  'cache.auto': 'M',
  'state.isStored': 'CR',
  'state.containerId': 'M',
  'contextEdits.compact': 'RM',
  'contextEdits.native': '',
  metadata: 'CR',
  moderation: 'CR',
  'user.id': 'CRM',
  'user.safetyIdentifier': 'CR',
  serviceTier: 'CR',
  'stream.isStream': 'CRMG',
  'stream.includeUsage': 'C',
  'stream.includeObfuscation': 'CR',
}

/** What each dialect can say about a block, in the same letters. */
export const SAYS_OF_BLOCKS: Readonly<Record<string, string>> = {
  cacheMark: 'CRM',
  detail: 'CR',
  label: 'CRM',
  context: 'M',
  isCitable: 'M',
  speaker: 'C',
  state: '',
}

const LETTERS: Readonly<Record<string, string>> = {
  'openai-chat': 'C',
  'openai-responses': 'R',
  'anthropic-messages': 'M',
  gemini: 'G',
}

/** Whether both dialects have a row of one of the tables. */
export function isShared(row: string | undefined, one: string, other: string): boolean {
  return [one, other].every(dialect => row?.includes(LETTERS[dialect]!))
}

/** The letter of a dialect in the tables. */
export function letterOf(dialect: string): string {
  return LETTERS[dialect]!
}

/** Every parameter of a request that has a value, by its path in the table; one that the table lacks by its own. */
export function parametersOf(request: NeutralRequest): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>()
  const walk = (value: unknown, path: string): void => {
    if (value === undefined) return
    const isLeaf = !isObject(value) || Object.hasOwn(SAYS, path)
    if (isLeaf) found.set(path, value)
    else
      for (const [key, inner] of Object.entries(value))
        if (key !== 'extra') walk(inner, path === '' ? key : `${path}.${key}`)
  }
  const {
    dialect: _,
    model: __,
    messages: ___,
    tools: ____,
    contextEdits,
    reasoning,
    toolChoice,
    ...parameters
  } = request
  // Off has two names.
  const isOff = reasoning?.mode === 'off' || reasoning?.effort === 'none'
  walk(
    { ...parameters, reasoning: isOff ? { mode: 'off' } : reasoning, toolChoice: toolChoice && plain(toolChoice) },
    '',
  )
  for (const type of ['compact', 'native']) {
    const edits = contextEdits?.filter(edit => edit.type === type) ?? []
    if (edits.length > 0) found.set(`contextEdits.${type}`, edits)
  }
  return found
}

/** What is named without a kind is a function. */
function plain(choice: ToolChoice): unknown {
  if (choice.type === 'tool') return { type: 'tool', name: choice.tool.name }
  return choice.type === 'allowed' ? { ...choice, tools: choice.tools.map(({ name }) => name) } : choice
}

/** JSON with the keys of its objects in one order and without the notes of readers. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (key === 'extra' || key === 'at') return undefined
    if (!isObject(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
