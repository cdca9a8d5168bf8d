import type { NeutralRequest } from 'lunaroute/neutral'
import type { Pair } from './back.ts'
import { letterOf } from './shared-subset.ts'

/** A difference that has no meaning, or that a target cannot do without, and why. Nobody is told of these. */
interface Normalisation {
  /** Paths of the table, or `block.` and a field of a block or a tool. */
  readonly path: RegExp
  /** The targets in which it is made, by their letters. */
  readonly to: string
  readonly why: string
  readonly when?: (was: unknown, is: unknown, read: NeutralRequest | undefined) => boolean
}

/** The tool itself is told of. */
const ANSWER = 'the tool that stands for the form of an answer has to be called, alone'

const ADDED: readonly Normalisation[] = [
  {
    path: /^block\.state$/,
    to: 'G',
    why: 'Gemini 3 refuses the call of another model without the word for one that has no signature',
    when: (_, is) => is === 'skip_thought_signature_validator',
  },
  {
    path: /^(toolChoice|isParallelToolUse)$/,
    to: 'M',
    why: ANSWER,
    when: (_, __, read) => read?.output?.format !== undefined,
  },
  { path: /^maxOutputTokens$/, to: 'M', why: "Messages demands a limit: the model's own where the client names none" },
  {
    path: /^state\.isStored$/,
    to: 'R',
    why: 'nothing is kept for a client that does not ask for it',
    when: (_, is) => is === false,
  },
  { path: /^stream\.includeUsage$/, to: 'C', why: 'other dialects always tell what was used' },
  {
    path: /^output\.format\.name$/,
    to: 'CR',
    why: 'OpenAI demands a name of a schema',
    when: (_, is) => is === 'response',
  },
  { path: /^block\.label$/, to: 'CR', why: 'OpenAI demands a name of a file', when: (_, is) => is === 'document.pdf' },
  {
    path: /^reasoning\.(isVisible|summary)$/,
    to: 'RMG',
    why: 'a client whose dialect always shows reasoning is shown it',
    when: (_, is) => is === true || is === 'auto',
  },
  {
    path: /^block\.parameters$/,
    to: 'RM',
    why: 'a function without parameters takes an empty object',
    when: (_, is) => is === '{"properties":{},"type":"object"}',
  },
  {
    path: /^reasoning\.mode$/,
    to: 'MG',
    why: 'a budget is spelled with its mode',
    when: (_, is, read) => is === 'budget' && read?.reasoning?.budgetTokens !== undefined,
  },
  {
    path: /^toolChoice$/,
    to: 'M',
    why: 'Messages forbids parallel calls inside its choice of tools',
    when: (_, __, read) => read?.isParallelToolUse === false,
  },
  {
    path: /^reasoning\.mode$/,
    to: 'MG',
    why: 'reasoning in any way is spelled as adaptive',
    when: (_, is, read) => is === 'adaptive' && read?.reasoning !== undefined,
  },
]

const OMITTED: readonly Normalisation[] = [
  { path: /^stream\.includeUsage$/, to: 'RMG', why: 'other dialects always tell what was used' },
  { path: /^state\.isStored$/, to: 'MG', why: 'there is no store to keep it out of', when: was => was === false },
  {
    path: /^output\.modalities$/,
    to: 'RM',
    why: 'text is what they give',
    when: was => JSON.stringify(was) === '["text"]',
  },
  {
    path: /^reasoning\.summary$/,
    to: 'CMG',
    why: 'a summary of no special kind is reasoning that is shown',
    when: was => was === 'auto',
  },
  { path: /^toolChoice$/, to: 'M', why: ANSWER, when: (_, __, read) => read?.output?.format !== undefined },
  {
    path: /^output\.format\.type$/,
    to: 'M',
    why: 'text is what it gives unasked; a schema says that it is one',
    when: was => was !== 'json',
  },
  { path: /^output\.format\.name$/, to: 'MG', why: 'a name of a schema that they do not ask for' },
  {
    path: /^output\.format\.description$/,
    to: 'MG',
    why: 'an empty description says nothing',
    when: was => was === '',
  },
  { path: /^output\.format\.isStrict$/, to: 'MG', why: 'they always keep to the schema' },
  { path: /^answers$/, to: 'RM', why: 'one answer is what they give', when: was => was === 1 },
  { path: /^isParallelToolUse$/, to: 'G', why: 'parallel calls are allowed there', when: was => was === true },
  {
    path: /^isParallelToolUse$/,
    to: 'CRMG',
    why: 'without tools there are no calls',
    when: (_, __, read) => !hasFunctions(read),
  },
  {
    path: /^toolChoice$/,
    to: 'CRM',
    why: 'without tools there is nothing to choose',
    when: (was, _, read) => /^\{"type":"(auto|none)"\}$/.test(JSON.stringify(was)) && !hasFunctions(read),
  },
  {
    path: /^toolChoice$/,
    to: 'G',
    why: 'auto is what it does unasked',
    when: was => JSON.stringify(was) === '{"type":"auto"}',
  },
  {
    path: /^reasoning\.mode$/,
    to: 'CRMG',
    why: 'models of effort reason as they see fit',
    when: was => was === 'adaptive' || was === 'on',
  },
  {
    path: /^reasoning\.isVisible$/,
    to: 'CR',
    why: 'reasoning is hidden there unless it is asked for',
    when: was => was === false,
  },
  {
    path: /^reasoning\.mode$/,
    to: 'CRMG',
    why: 'the model does not reason: there is nothing to turn off',
    when: was => was === 'off',
  },
]

/** What stands in the conversation in the place of something that was told of, or says where something belongs. */
const INSERTED: readonly Omit<Normalisation, 'when'>[] = [
  { path: /^\S+ text \[\w+ left out: /, to: 'CRMG', why: 'a word in the place of what was left out' },
  {
    path: /^\S+ text Part of the result of /,
    to: 'CG',
    why: 'media of a result stand after it, with a word on where they belong',
  },
  { path: /^user text <system>\n/, to: 'MG', why: 'instructions in mid-conversation are marked words of the user' },
  {
    path: /^result \d+ (Error:)?The tool call was cancelled: it has no result\./,
    to: 'CRMG',
    why: 'a call without a result has none anywhere else',
  },
  {
    path: /^user text Continue exactly where your last message ended\.$/,
    to: 'M',
    why: 'the model cannot go on from its own words',
  },
  {
    path: /^user text \(The conversation begins with the assistant\.\)$/,
    to: 'MG',
    why: 'the user has to speak first',
  },
  {
    path: /^system text Answer with nothing but one JSON value, without code fences, please\.$/,
    to: 'M',
    why: 'JSON without a schema is asked for in words',
  },
  { path: /^user text Result of the tool call /, to: 'CRMG', why: 'a result without its call becomes words' },
]

/** Tools of a provider may be told of as lost, and then there are none. */
function hasFunctions(read: NeutralRequest | undefined): boolean {
  return read?.tools?.some(({ type }) => type !== 'provider' && type !== 'native') ?? false
}

const used = new Set<string>()

/** The normalisations that were needed. */
export function usedNormalisations(): readonly string[] {
  return [...used].sort()
}

/** All of them. */
export function namedNormalisations(): readonly string[] {
  return [...new Set([...ADDED, ...OMITTED, ...INSERTED].map(({ why }) => why))].sort()
}

/** Whether a parameter, or a field of a block or tool, differs for one of the named reasons. */
export function isNormal(
  path: string,
  was: unknown,
  is: unknown,
  read: NeutralRequest | undefined,
  pair: Pair,
): boolean {
  const list = was === undefined ? ADDED : OMITTED
  return isNamed(list.find(each => isOf(each, path, pair) && (each.when?.(was, is, read) ?? true)))
}

/** Whether an utterance is one that the gateway puts in. */
export function isInserted(key: string, pair: Pair): boolean {
  return isNamed(INSERTED.find(each => isOf(each, key, pair)))
}

function isOf({ path, to }: Pick<Normalisation, 'path' | 'to'>, given: string, { provider }: Pair): boolean {
  return path.test(given) && to.includes(letterOf(provider))
}

function isNamed(found: { readonly why: string } | undefined): boolean {
  if (found) used.add(found.why)
  return found !== undefined
}
