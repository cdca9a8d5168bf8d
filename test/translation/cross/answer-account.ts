import {
  type Block,
  type Choice,
  type Citation,
  type Diagnostic,
  isObject,
  type MediaSource,
  type NeutralResponse,
  type ServerToolResultBlock,
  type StopReason,
  type TokenLogprob,
} from 'lunaroute/neutral'
import { canonical } from './shared-subset.ts'
import { covers } from './told.ts'

/** One thing that an answer says: where, and in a form in which the same thing in another dialect is the same. */
interface Item {
  readonly path: string
  /** What a provider's tool did (`run`) may be told of though the like of it is there: runs are many and alike. */
  readonly kind: 'text' | 'reasoning' | 'exact' | 'run'
  readonly choice: number
  readonly said: string
}

/** What became of the pieces of one answer. */
export interface AnswerAccount {
  readonly items: number
  readonly told: number
  /** Pieces that are not there any more, and nobody was told. */
  readonly lost: readonly string[]
  /** Diagnostics of what is there all the same, or of what never was. */
  readonly untrue: readonly string[]
}

/** Every piece of an answer is in the one that the client got, or a diagnostic names its path. */
export function accountOf(
  before: NeutralResponse,
  after: NeutralResponse,
  diagnostics: readonly Pick<Diagnostic, 'action' | 'path' | 'reason'>[],
): AnswerAccount {
  const items = itemsOf(before)
  const found = new Found(itemsOf(after))
  const lost: string[] = []
  const untrue: string[] = []
  let told = 0
  for (const item of items) {
    const about = diagnostics.filter(({ path }) => covers(path, item.path))
    const isKept = (item.kind !== 'run' || about.length === 0) && found.take(item)
    const dropped = about.find(({ action, path }) => action === 'dropped' && path === item.path)
    if (isKept && dropped) untrue.push(`${item.path} is there, yet "${dropped.reason}"`)
    if (isKept) continue
    if (about.length > 0) told++
    else lost.push(`${item.path} is lost without a word: ${item.said.slice(0, 120)}`)
  }
  const places = before.choices.flatMap(({ index, content }) =>
    content.map((_, i) => `choices[${index}].content[${i}]`),
  )
  for (const { path, reason } of diagnostics) {
    // A block may say nothing, and an early count may have had details that the last one has not.
    if (places.includes(path) || path.startsWith('usage.')) continue
    if (!items.some(item => covers(path, item.path))) untrue.push(`${path}: "${reason}" is about nothing`)
  }
  return { items: items.length, told, lost, untrue }
}

function itemsOf({ choices, usage = {} }: NeutralResponse): readonly Item[] {
  const {
    extra = {},
    toolInputTokens = 0,
    inputTokens,
    isEstimated: _,
    serviceTier: __,
    totalTokens: ___,
    ...figures
  } = usage
  const exact = (path: string, said: unknown): Item => ({ path, kind: 'exact', choice: -1, said: canonical(said) })
  const counted = Object.entries({ ...figures, inputTokens: (inputTokens ?? 0) + toolInputTokens, toolInputTokens })
    .filter(([, value]) => value !== 0 && value !== undefined && value !== null)
    .map(([key, value]) => exact(`usage.${key}`, { [key]: value }))
  const details = Object.values(extra).flatMap(({ fields = {} }) =>
    Object.entries(fields)
      .filter(([, value]) => hasFigure(value))
      .map(([key, value]) => exact(`usage.${key}`, [key, value])),
  )
  return [...choices.flatMap(choiceItems), ...counted, ...details]
}

function choiceItems({ index, content, stop }: Choice): readonly Item[] {
  const items: Item[] = []
  const add = (path: string, kind: Item['kind'], said: unknown): void => {
    if (said !== undefined && said !== '') {
      items.push({ path, kind, choice: index, said: typeof said === 'string' ? said : canonical(said) })
    }
  }
  for (const [i, block] of content.entries()) {
    const path = `choices[${index}].content[${i}]`
    if (block.state) add(`${path}.state`, 'exact', { state: untagged(block.state.data) })
    blockItems(block, path, add)
  }
  if (stop) {
    add(`choices[${index}].stop`, 'exact', { stop: reasonIn(stop.reason) })
    add(`choices[${index}].stop.sequence`, 'exact', stop.sequence && { sequence: stop.sequence })
    add(`choices[${index}].stop.message`, 'exact', stop.message && { message: stop.message })
  }
  return items
}

type Add = (path: string, kind: Item['kind'], said: unknown) => void

function blockItems(block: Block, path: string, add: Add): void {
  switch (block.type) {
    case 'text':
    case 'refusal':
      add(path, 'text', block.text)
      for (const [k, citation] of ((block.type === 'text' && block.citations) || []).entries()) {
        add(`${path}.citations[${k}]`, 'exact', citationForm(citation))
      }
      if (block.logprobs?.length) add(`${path}.logprobs`, 'exact', { logprobs: block.logprobs.map(tokenForm) })
      return
    case 'reasoning':
      for (const { text } of block.parts) add(path, 'reasoning', text.replaceAll(/\s/g, ''))
      return
    case 'toolCall':
      return add(path, 'exact', [block.name, block.inputType === 'text' ? { input: block.input } : json(block.input)])
    case 'serverToolCall':
      add(path, 'run', ['ran', block.kind, block.kind === 'mcp' ? block.name : ''])
      // Responses has what a search found in the call.
      for (const url of sourcesIn(block.input)) add(path, 'run', ['page', url])
      return
    case 'serverToolResult':
      return resultItems(block, path, add)
    case 'audio':
      add(path, 'text', block.transcript)
      return add(path, 'exact', bytesOf(block.source))
    case 'image':
      return add(path, 'exact', bytesOf(block.source))
    case 'compaction':
      return add(path, 'text', block.text)
    case 'native':
      return add(path, 'exact', { native: block.value })
    default:
      return add(path, 'exact', block)
  }
}

function resultItems({ kind, output }: ServerToolResultBlock, path: string, add: Add): void {
  if (output.type === 'search') {
    for (const { url } of output.results) add(path, 'run', ['page', url])
  } else if (output.type === 'content' && output.content.some(({ type }) => type === 'image')) {
    // A picture is one, whoever is said to have made it.
    for (const inner of output.content) blockItems(inner, path, add)
  } else add(path, 'run', ['result', kind])
}

class Found {
  readonly #texts = new Map<string, { readonly all: string; from: number }>()
  readonly #exact: string[]
  readonly #logprobs: string

  constructor(items: readonly Item[]) {
    this.#exact = items.flatMap(({ kind, said }) => (kind === 'exact' || kind === 'run' ? [said] : []))
    this.#logprobs = this.#exact
      .filter(said => said.startsWith('{"logprobs"'))
      .map(inner)
      .join(',')
    for (const { kind, choice, said } of items) {
      const key = `${kind} ${choice}`
      this.#texts.set(key, { all: (this.#texts.get(key)?.all ?? '') + said, from: 0 })
    }
  }

  take({ kind, choice, said }: Item): boolean {
    if (kind === 'exact' || kind === 'run') {
      if (said.startsWith('{"logprobs"')) return this.#logprobs.includes(inner(said))
      const at = this.#exact.indexOf(said)
      // A page may be found by several searches, or quoted twice at one place, and is named once.
      if (at >= 0 && !/^(\["page"|\{"cited")/.test(said)) this.#exact.splice(at, 1)
      return at >= 0
    }
    const texts = this.#texts.get(`${kind} ${choice}`)
    const at = texts?.all.indexOf(said, texts.from) ?? -1
    if (texts && at >= 0) texts.from = at + said.length
    return at >= 0
  }
}

/** The elements of a list of log probabilities, without what holds them. */
function inner(said: string): string {
  return said.slice('{"logprobs":['.length, -']}'.length)
}

function citationForm(citation: Citation): unknown {
  switch (citation.type) {
    case 'url':
      return { cited: [citation.url, citation.title || ''] }
    case 'document':
      return { cited: [citation.title, citation.citedText, citation.range] }
    case 'file':
      return { cited: [citation.fileId, citation.filename] }
    case 'native':
      return { cited: citation.value }
  }
}

function tokenForm({ token, logprob, top = [] }: TokenLogprob): unknown {
  return [token, logprob, top.map(each => [each.token, each.logprob])]
}

/** What the issuer's mark was put before. */
function untagged(data: string): string {
  const mark = Buffer.from('lunaroute').toString('base64')
  if (!data.startsWith(mark)) return data
  const length = Buffer.from(data.slice(mark.length, mark.length + 4), 'base64').readUInt16BE(0)
  return data.slice(mark.length + 4 + (length / 3) * 4)
}

/** Reasons of which one implies the other in what the client does. */
function reasonIn(reason: StopReason): string {
  const same: Partial<Record<StopReason, string>> = { stopSequence: 'stop', contextFull: 'length', refusal: 'filter' }
  return same[reason] ?? reason
}

function hasFigure(value: unknown): boolean {
  if (typeof value === 'number') return value > 0
  return typeof value === 'object' && value !== null && Object.values(value).some(hasFigure)
}

/** Undefined for nothing: some servers say an empty sound with every answer. */
function bytesOf(source: MediaSource | undefined): unknown {
  if (source?.type !== 'base64') return source
  return source.data === '' ? undefined : { bytes: source.data }
}

function sourcesIn(input: string): readonly unknown[] {
  const called = json(input)
  const sources = isObject(called) && Array.isArray(called.sources) ? called.sources : []
  return sources.flatMap(source => (isObject(source) ? [source.url] : []))
}

function json(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text)
  } catch {
    return text
  }
}
