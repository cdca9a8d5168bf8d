import type { Block, Diagnostic, NeutralRequest, ToolDefinition } from 'lunaroute/neutral'
import { conversationOf, type Manner, type Utterance } from './conversation.ts'
import type { Side } from './dialects.ts'
import { difference } from './difference.ts'
import { isInserted, isNormal } from './normalisations.ts'
import type { Sent } from './request-path.ts'
import { canonical, isShared, letterOf, parametersOf, SAYS, SAYS_OF_BLOCKS } from './shared-subset.ts'
import { isCovered } from './told.ts'

/** What came back otherwise than it went out, and is neither told of nor one of the named normalisations. */
export function unlike(client: Side, provider: Side, { read, again, diagnostics, reversal }: Sent): readonly string[] {
  const pair: Pair = {
    client: client.codec.dialect,
    provider: provider.codec.dialect,
    parameters: client.codec.parameters,
    diagnostics,
  }
  const manner = mannerOf(letterOf(pair.provider))
  const asKnown = (block: Block) => reversal.block(block)
  return [
    ...parametersUnlike(read, again, pair),
    ...toolsUnlike(read, again, pair, asKnown),
    ...conversationUnlike(
      conversationOf(read, manner, block => block),
      conversationOf(again, manner, asKnown),
      pair,
    ),
  ]
}

/** Who says it to whom, and what was told. */
export interface Pair {
  readonly client: string
  readonly provider: string
  readonly parameters: Readonly<Record<string, string>>
  readonly diagnostics: readonly Diagnostic[]
}

function mannerOf(letter: string): Manner {
  return { isOneText: letter === 'C', isErrorInWords: 'CR'.includes(letter), hasFewRoles: 'MG'.includes(letter) }
}

function parametersUnlike(read: NeutralRequest, again: NeutralRequest, pair: Pair): readonly string[] {
  const [before, after] = [parametersOf(read), parametersOf(again)]
  return [...new Set([...before.keys(), ...after.keys()])].flatMap(path => {
    const [was, is] = [before.get(path), after.get(path)]
    if (canonical(was) === canonical(is)) return []
    if (!Object.hasOwn(SAYS, path)) return [`${path} is not in the table`]
    const isTold = toldOf(path, pair).length > 0
    const excuses = toldOf(path, pair).filter(
      ({ reason }) => !isShared(SAYS[path], pair.client, pair.provider) || !LACKS.test(reason),
    )
    if (excuses.length > 0) return []
    if (isNormal(path, was, is, read, pair)) return []
    const shared = isShared(SAYS[path], pair.client, pair.provider) ? 'shared' : 'not shared'
    return [`${path} (${shared}${isTold ? ', said to be unknown there' : ''}): ${short(was)} became ${short(is)}`]
  })
}

/** A reason that the dialect itself is too poor, which is no excuse for what is in the table. */
const LACKS = /^(chat|responses|messages|gemini) has no /

/** Diagnostics of a parameter, or of the group it is in. */
function toldOf(path: string, { parameters, diagnostics }: Pair): readonly Diagnostic[] {
  const paths = path.split('.').map((_, i, fields) => fields.slice(0, i + 1).join('.'))
  // Ways to ask for reasoning stand for each other.
  const ways = path.startsWith('reasoning.') ? ['effort', 'budgetTokens', 'mode'].map(way => `reasoning.${way}`) : []
  const natives = [...paths, ...ways].map(each => parameters[each] ?? each)
  return diagnostics.filter(told => natives.includes(told.path))
}

function toolsUnlike(
  read: NeutralRequest,
  again: NeutralRequest,
  pair: Pair,
  asKnown: (block: Block) => Block,
): readonly string[] {
  const before = inOrder(read).map(tool => toolOf(tool, name => name))
  const after = inOrder(again).map(tool => toolOf(tool, name => nameOf(asKnown(callTo(name)))))
  const { removed, added, kept } = difference(before, after)
  const changed = kept.flatMap(([was, is]) => aboutUnlike(was, is, pair, TOOL_ROWS))
  const lost = removed
    .filter(({ path }) => !isCovered(path, pair.diagnostics))
    .map(({ key, path }) => `tool ${key} at ${path} is gone`)
  const isTold = removed.length > lost.length || pair.diagnostics.some(({ reason }) => INTO_TOOLS.test(reason))
  return [...changed, ...lost, ...(isTold ? [] : added.map(({ key }) => `tool ${key} came from nowhere`))]
}

/** Reasons that bring tools to the top that stood elsewhere. */
const INTO_TOOLS = /mid-conversation|tool's input/

const TOOL_ROWS: Readonly<Record<string, string>> = {
  description: 'CRMG',
  parameters: 'CRMG',
  isStrict: 'CRM',
  resultSchema: 'RG',
  cacheMark: 'CM',
  isDeferred: 'RM',
}

/** Chat keeps its search beside its tools: where the provider's stand among the client's says nothing. */
function inOrder({ tools = [] }: NeutralRequest): readonly ToolDefinition[] {
  const isProvider = ({ type }: ToolDefinition) => type === 'provider'
  return [...tools.filter(tool => !isProvider(tool)), ...tools.filter(isProvider)]
}

function toolOf(tool: ToolDefinition, asKnown: (name: string) => string): Utterance {
  const path = tool.at ?? 'tools'
  if (tool.type !== 'function') return { key: canonical(tool.type === 'provider' ? tool.kind : tool), path, about: {} }
  const { name, description, parameters, isStrict, resultSchema, cacheMark, isDeferred } = tool
  const about = {
    description: description || undefined,
    parameters: parameters && canonical({ properties: {}, ...parameters, type: 'object' }),
    isStrict: isStrict || undefined,
    resultSchema: resultSchema && canonical(resultSchema),
    cacheMark: cacheMark && (cacheMark.ttl ?? 'set'),
    isDeferred: isDeferred || undefined,
  }
  return { key: asKnown(name), path, about }
}

function conversationUnlike(before: readonly Utterance[], after: readonly Utterance[], pair: Pair): readonly string[] {
  const { removed, added, kept } = difference(before, after)
  const lost = removed.filter(({ path }) => !isCovered(path, pair.diagnostics))
  // A result without its call goes on as words.
  const told = removed.filter(each => !lost.includes(each)).map(({ key }) => key)
  const isSaidElsewhere = ({ key }: Utterance) => told.some(each => each.endsWith(key.replace(/^\S+ text /, ' ')))
  const made = added.filter(each => !isInserted(each.key, pair) && !isSaidElsewhere(each))
  return [
    ...kept.flatMap(([was, is]) => aboutUnlike(was, is, pair, SAYS_OF_BLOCKS)),
    ...lost.map(({ key, path }) => `${path} is gone: ${short(key)}`),
    ...made.map(({ key }) => `came from nowhere: ${short(key)}`),
  ]
}

function aboutUnlike(
  was: Utterance,
  is: Utterance,
  pair: Pair,
  rows: Readonly<Record<string, string>>,
): readonly string[] {
  return [...new Set([...Object.keys(was.about), ...Object.keys(is.about)])].flatMap(key => {
    const [before, after] = [was.about[key], is.about[key]]
    if (before === after) return []
    const { diagnostics } = pair
    // A field is told by its native name, which the codec knows; here its holder's path is enough, with any field.
    const isHolder = (path: string) =>
      key === 'speaker' && path.endsWith('.name') && was.path.startsWith(path.slice(0, -5))
    const told = diagnostics.filter(
      ({ path }) => path === was.path || path.startsWith(`${was.path}.`) || isHolder(path),
    )
    if (told.some(({ reason }) => !isShared(rows[key], pair.client, pair.provider) || !LACKS.test(reason))) return []
    const row = `block.${key}`
    if (isNormal(row, before, after, undefined, pair)) return []
    const shared = isShared(rows[key], pair.client, pair.provider) ? 'shared' : 'not shared'
    return [`${was.path} ${key} (${shared}): ${short(before)} became ${short(after)}`]
  })
}

function callTo(name: string): Block {
  return { type: 'toolCall', callId: '', name, inputType: 'json', input: '' }
}

function nameOf(block: Block): string {
  return 'name' in block ? String(block.name) : ''
}

function short(value: unknown): string {
  return (typeof value === 'string' ? value : (canonical(value) ?? 'nothing')).slice(0, 160)
}
