import {
  type CacheOptions,
  type ContextEdit,
  Fields,
  isObject,
  type JsonObject,
  type OutputFormat,
  type OutputOptions,
  present,
  type ReasoningOptions,
  restore,
  type StateOptions,
  type StreamOptions,
  shapeOf,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

/** Reads `reasoning`. What it says beyond effort and summary stays in the request's remainder. */
export function readReasoningOptions(f: Fields): ReasoningOptions | undefined {
  const r = f.nested('reasoning')
  const [effort, summary] = [r?.string('effort'), r?.string('summary')]
  return present({ effort, summary, isVisible: summary === undefined ? undefined : true })
}

/** Writes it. A budget alone becomes an effort: Responses has no budgets. */
export function writeReasoningOptions(reasoning: ReasoningOptions | undefined, isOwn: boolean): JsonObject | undefined {
  if (!reasoning) return undefined
  const { mode, budgetTokens, isVisible } = reasoning
  const byBudget = budgetTokens === undefined ? undefined : effortOf(budgetTokens)
  const effort = mode === 'off' ? 'none' : (reasoning.effort ?? byBudget)
  // Providers without a choice of summaries show their reasoning, if they are not told to hide it.
  const isShown = isVisible ?? (mode === 'budget' || mode === 'adaptive' || mode === 'on')
  const summary = reasoning.summary ?? (isShown && !isOwn ? 'auto' : undefined)
  return present({ effort, summary })
}

/** Reads `text`: the format and the verbosity. */
export function readOutput(f: Fields): OutputOptions | undefined {
  const t = f.nested('text')
  const native = t?.object('format')
  const format = native && readFormat(new Fields(native))
  if (!format) t?.leave('format')
  return present({ format, verbosity: t?.string('verbosity') })
}

/** Writes it. */
export function writeOutput(output: OutputOptions | undefined): JsonObject | undefined {
  return present({ format: output?.format && writeFormat(output.format), verbosity: output?.verbosity })
}

/** Reads the prompt cache parameters. */
export function readCache(f: Fields): CacheOptions | undefined {
  const mode = f.nested('prompt_cache_options')?.string('mode')
  return present({ key: f.string('prompt_cache_key'), retention: f.string('prompt_cache_retention'), mode })
}

/** Reads what the provider keeps between requests. */
export function readState(f: Fields): StateOptions | undefined {
  const id = f.string('conversation')
  if (id !== undefined) f.shape('conversation', 'string')
  return present({
    previousResponseId: f.string('previous_response_id'),
    prompt: f.object('prompt'),
    conversationId: id ?? f.nested('conversation')?.string('id'),
    isStored: f.boolean('store'),
    isBackground: f.boolean('background'),
  })
}

/** Writes a conversation by its id, alone or in an object as it was. */
export function writeConversation(id: string | undefined, isString: boolean): unknown {
  return id === undefined || isString ? id : { id }
}

/** Reads `context_management`. */
export function readContextEdits(f: Fields): readonly ContextEdit[] | undefined {
  return f.list('context_management')?.map(value => {
    const native: ContextEdit = { type: 'native', dialect: DIALECT, value }
    if (!isObject(value)) return native
    const e = new Fields(value)
    if (!e.constant('type', 'compaction')) return native
    return { type: 'compact', thresholdTokens: e.number('compact_threshold'), extra: e.extra(DIALECT) }
  })
}

/** Writes it, and calls `drop` for each edit that Responses does not have. */
export function writeContextEdits(edits: readonly ContextEdit[] | undefined, drop: () => void): unknown {
  const written = edits?.flatMap(edit => {
    if (edit.type === 'compact') {
      return [restore({ type: 'compaction', compact_threshold: edit.thresholdTokens }, edit.extra, DIALECT)]
    }
    if (edit.dialect === DIALECT) return [edit.value]
    drop()
    return []
  })
  return written?.length === 0 && edits?.length !== 0 ? undefined : written
}

/** Reads `stream` and `stream_options`, which stay in the remainder where `stream` is missing. */
export function readStream(f: Fields): StreamOptions | undefined {
  const isStream = f.boolean('stream')
  if (isStream === undefined) return undefined
  const native = f.object('stream_options')
  const s = native && new Fields(native)
  s?.shape('options', 'given')
  return { isStream, includeObfuscation: s?.boolean('include_obfuscation'), extra: s?.extra(DIALECT) }
}

/** Writes them. */
export function writeStream(stream: StreamOptions | undefined): JsonObject {
  if (!stream) return {}
  const { isStream, includeObfuscation, extra } = stream
  const options = present({ include_obfuscation: includeObfuscation })
  const isGiven = shapeOf(extra, DIALECT, 'options') === 'given'
  return { stream: isStream, stream_options: isGiven || options ? restore(options ?? {}, extra, DIALECT) : undefined }
}

function readFormat(f: Fields): OutputFormat | undefined {
  if (f.constant('type', 'text')) return { type: 'text', extra: f.extra(DIALECT) }
  if (f.constant('type', 'json_object')) return { type: 'json', extra: f.extra(DIALECT) }
  const schema = f.constant('type', 'json_schema') ? f.object('schema') : undefined
  if (!schema) return undefined
  f.optional('name')
  const [name, description, isStrict] = [f.string('name'), f.string('description'), f.boolean('strict')]
  return { type: 'jsonSchema', schema, name, description, isStrict, extra: f.extra(DIALECT) }
}

function writeFormat(format: OutputFormat): JsonObject {
  if (format.type !== 'jsonSchema') {
    return restore({ type: format.type === 'json' ? 'json_object' : 'text' }, format.extra, DIALECT)
  }
  const { schema, name, description, isStrict, extra } = format
  const written = { type: 'json_schema', name, description, schema, strict: isStrict }
  return restore(written, extra, DIALECT, { name: 'response' })
}

function effortOf(budget: number): string {
  if (budget <= 1024) return 'minimal'
  if (budget <= 4096) return 'low'
  if (budget <= 12_288) return 'medium'
  return budget <= 24_576 ? 'high' : 'xhigh'
}
