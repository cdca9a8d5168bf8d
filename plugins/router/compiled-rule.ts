import type { Attempt, ProviderGroup } from 'lunaroute'
import type { Facts } from './facts.ts'
import { groupOf } from './group.ts'
import { compileModelPattern, compilePath, compilePattern, type Pattern } from './pattern.ts'
import {
  DEFAULT_PRIORITY,
  fallbacksOf,
  idOf,
  listenerOf,
  modelPatternOf,
  targetOf,
  type WrittenMatch,
  type WrittenRule,
  type WrittenTarget,
  type WrittenText,
} from './rule.ts'

/** Where a rule was written. */
export type Source = 'file' | 'config' | 'default' | 'tested'

/** One thing a rule demands beside the model. */
export interface Condition {
  /** What it is about: `tokens`, `header x-tier`. */
  readonly about: string
  /** As the rule has it. */
  readonly demanded: unknown
  /** Both: two that are equal demand the same. */
  readonly key: string
  test(facts: Facts): boolean
}

/** A rule, ready to be asked. */
export interface CompiledRule {
  readonly id: string
  readonly priority: number
  readonly source: Source
  readonly written: WrittenRule
  /** Undefined for any model. */
  readonly models: readonly Pattern[] | undefined
  readonly conditions: readonly Condition[]
  /** A header that must have this very value, where the rule demands one: an index knows the rule by it. */
  readonly header: readonly [name: string, value: string] | undefined
  readonly attempts: readonly Attempt[]
  /** The providers that the first attempt's name stands for, where the rule has a strategy. */
  readonly group: ProviderGroup | undefined
  test(facts: Facts): boolean
}

/** Statuses after which another provider may do better: it is in trouble, or does not take the gateway's own key. */
const FALLBACK_ON = [401, 402, 403, 408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529]

/** Throws an Error that says which of its expressions is wrong. */
export function compileRule(written: WrittenRule, source: Source): CompiledRule {
  const models = modelsOf(written)
  const conditions = conditionsOf(written)
  // A request that names no model, such as one for a list of files, is not to be taken along by a rule for everything.
  const isForPaths = written.match?.path !== undefined
  const isModel = models === undefined ? (isForPaths ? undefined : hasModel) : oneOf(models)
  return {
    id: idOf(written),
    priority: written.priority ?? DEFAULT_PRIORITY,
    source,
    written,
    models,
    conditions,
    header: headerOf(written),
    attempts: attemptsOf(targetOf(written), fallbacksOf(written), written.options, written.strategy !== undefined),
    group: groupOf(written),
    test: facts => (isModel === undefined || isModel(facts.model)) && conditions.every(each => each.test(facts)),
  }
}

function headerOf({ match }: WrittenRule): CompiledRule['header'] {
  for (const [name, demanded] of Object.entries(match?.headers ?? {})) {
    if (typeof demanded !== 'string') continue
    const { kind, text } = compilePattern(demanded)
    if (kind === 'exact') return [name.toLowerCase(), text]
  }
  return undefined
}

function hasModel(model: string | undefined): boolean {
  return model !== undefined
}

function oneOf(patterns: readonly Pattern[]): (model: string | undefined) => boolean {
  return model => model !== undefined && patterns.some(each => each.test(model))
}

function modelsOf(rule: WrittenRule): readonly Pattern[] | undefined {
  const model = rule.match?.model
  if (model !== undefined) return [model].flat().map(compilePattern)
  const pattern = modelPatternOf(rule)
  return pattern === undefined ? undefined : [compileModelPattern(pattern)]
}

function conditionsOf(rule: WrittenRule): Condition[] {
  const { match = {} } = rule
  const listener = listenerOf(rule)
  const { path, dialect, tokens, has_images: images, has_tools: tools, stream } = match
  const conditions: Condition[] = []
  const add = (about: string, demanded: unknown, test: Condition['test']) => {
    conditions.push({ about, demanded, key: `${about} ${JSON.stringify(demanded)}`, test })
  }
  if (listener !== undefined) add('listener', listener, facts => isCalled(listener, facts.listener, facts.dialect))
  if (dialect !== undefined) {
    const names = [dialect].flat()
    add('dialect', names, facts => names.some(name => isCalled(name, facts.dialect)))
  }
  if (path !== undefined) {
    const pattern = compilePath(path)
    add('path', path, facts => pattern.test(facts.path))
  }
  if (stream !== undefined) add('stream', stream, facts => facts.isStream === stream)
  if (tokens !== undefined) {
    const { min = 0, max = Number.POSITIVE_INFINITY } = tokens
    add('tokens', tokens, facts => facts.tokens >= min && facts.tokens <= max)
  }
  addTexts(match.headers, 'header', (facts, name) => facts.header(name), add)
  addTexts(match.query, 'query', (facts, name) => facts.query(name), add)
  addTexts(match.metadata, 'metadata', (facts, name) => facts.metadata(name), add)
  // Last, for these may have to read the body.
  if (tools !== undefined) add('has_tools', tools, facts => facts.hasTools === tools)
  if (images !== undefined) add('has_images', images, facts => facts.hasImages === images)
  return conditions
}

function addTexts(
  texts: WrittenMatch['headers'],
  kind: string,
  read: (facts: Facts, name: string) => string | undefined,
  add: (about: string, demanded: unknown, test: Condition['test']) => void,
): void {
  for (const [written, demanded] of Object.entries(texts ?? {})) {
    const name = kind === 'header' ? written.toLowerCase() : written
    // A credential is not told, but whether there is one is.
    if (kind === 'header' && typeof demanded === 'boolean') {
      add(`${kind} ${name}`, demanded, facts => facts.hasHeader(name) === demanded)
      continue
    }
    const test = textTest(demanded)
    add(`${kind} ${name}`, demanded, facts => test(read(facts, name)))
  }
}

function textTest(demanded: WrittenText): (value: string | undefined) => boolean {
  if (typeof demanded === 'boolean') return value => (value !== undefined) === demanded
  const pattern = compilePattern(demanded)
  return value => value !== undefined && pattern.test(value)
}

/** By its name, or by the family it belongs to: `openai` is `openai-chat` and `openai-responses`. */
function isCalled(name: string, ...names: readonly string[]): boolean {
  return names.some(each => each === name || each.split('-', 1)[0] === name)
}

/** The attempts of a target and what may stand in for it. */
export function attemptsOf(
  first: WrittenTarget | undefined,
  fallbacks: readonly WrittenTarget[],
  options: NonNullable<WrittenRule['options']> = {},
  isGroup = false,
): readonly Attempt[] {
  const hops = first ? [first, ...fallbacks] : []
  const timeouts = {
    ...(options.timeout_ms !== undefined && { total: options.timeout_ms }),
    ...(options.connect_timeout_ms !== undefined && { connect: options.connect_timeout_ms }),
    ...(options.first_byte_timeout_ms !== undefined && { headers: options.first_byte_timeout_ms }),
    ...(options.idle_timeout_ms !== undefined && { idle: options.idle_timeout_ms }),
  }
  const shared: Partial<Attempt> = {
    ...(Object.keys(timeouts).length > 0 && { timeouts }),
    ...(options.strip_unsupported_tools !== undefined && { dropUnsupportedTools: options.strip_unsupported_tools }),
    ...((hops.length > 1 || isGroup) && { fallbackOn: options.fallback_on ?? FALLBACK_ON }),
  }
  return Object.freeze(hops.map(hop => Object.freeze({ ...attemptAt(hop), ...shared })))
}

/** One attempt at a provider, and nothing said about how. */
export function attemptAt({ provider, model }: WrittenTarget): Attempt {
  // Gemini lists its models with this prefix, and takes them in its paths without.
  return { provider, ...(model !== undefined && { model: model.replace(/^models\//, '') }), headers: {} }
}
