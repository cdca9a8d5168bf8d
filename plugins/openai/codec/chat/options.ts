import {
  type CacheOptions,
  type Fields,
  type JsonObject,
  type NeutralRequest,
  type OutputFormat,
  type OutputOptions,
  present,
  Fields as Reader,
  type ReasoningOptions,
  restore,
  type StreamOptions,
  shapeOf,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

/** Reads `reasoning_effort`, or OpenRouter's `reasoning`. */
export function readReasoningOptions(f: Fields): ReasoningOptions | undefined {
  const effort = f.string('reasoning_effort')
  if (effort !== undefined) return { effort }
  const native = f.object('reasoning')
  if (!native) return undefined
  const r = new Reader(native)
  const isEnabled = r.boolean('enabled')
  const isHidden = r.boolean('exclude')
  r.shape('in', 'reasoning')
  return {
    mode: isEnabled === undefined ? undefined : isEnabled ? 'on' : 'off',
    effort: r.string('effort'),
    budgetTokens: r.number('max_tokens'),
    isVisible: isHidden === undefined ? undefined : !isHidden,
    extra: r.extra(DIALECT),
  }
}

/** Writes the one or the other. A budget alone becomes an effort: Chat itself has no budgets. */
export function writeReasoningOptions(reasoning: ReasoningOptions | undefined): JsonObject {
  if (!reasoning) return {}
  const { mode, effort, budgetTokens, isVisible, extra } = reasoning
  if (shapeOf(extra, DIALECT, 'in') !== 'reasoning') {
    const byMode = mode === 'off' ? 'none' : effort
    return { reasoning_effort: byMode ?? (budgetTokens === undefined ? undefined : effortOf(budgetTokens)) }
  }
  const enabled = mode === undefined ? undefined : mode !== 'off'
  const exclude = isVisible === undefined ? undefined : !isVisible
  return { reasoning: restore({ enabled, effort, max_tokens: budgetTokens, exclude }, extra, DIALECT) }
}

/** Reads `response_format`, `modalities`, `audio` and `verbosity`. */
export function readOutput(f: Fields): OutputOptions | undefined {
  const native = f.object('response_format')
  const format = native && readFormat(new Reader(native))
  if (!format) f.leave('response_format')
  const audio = f.object('audio')
  const a = audio && new Reader(audio)
  return present({
    format,
    modalities: f.strings('modalities'),
    audio: a && { voice: a.string('voice'), format: a.string('format'), extra: a.extra(DIALECT) },
    verbosity: f.string('verbosity'),
  })
}

/** Writes them. */
export function writeOutput(output: OutputOptions | undefined): JsonObject {
  const { format, modalities, audio, verbosity } = output ?? {}
  return {
    response_format: format && writeFormat(format),
    modalities,
    audio: audio && restore({ voice: audio.voice, format: audio.format }, audio.extra, DIALECT),
    verbosity,
  }
}

/** Reads the prompt cache parameters. */
export function readCache(f: Fields): CacheOptions | undefined {
  const mode = f.nested('prompt_cache_options')?.string('mode')
  return present({ key: f.string('prompt_cache_key'), retention: f.string('prompt_cache_retention'), mode })
}

/** Reads `stream` and `stream_options`, which stay in the remainder where `stream` is missing. */
export function readStream(f: Fields): StreamOptions | undefined {
  const isStream = f.boolean('stream')
  if (isStream === undefined) return undefined
  const native = f.object('stream_options')
  const s = native && new Reader(native)
  const [includeUsage, includeObfuscation] = [s?.boolean('include_usage'), s?.boolean('include_obfuscation')]
  if (s) s.shape('options', 'given')
  return { isStream, includeUsage, includeObfuscation, extra: s?.extra(DIALECT) }
}

/** Writes them. A foreign client's stream always asks for usage: its dialect reports it. */
export function writeStream({ stream, dialect }: NeutralRequest, hasStreamUsage: boolean): JsonObject {
  if (!stream) return {}
  const { isStream, includeObfuscation, extra } = stream
  const isOwn = dialect === DIALECT
  const include_usage = isOwn ? stream.includeUsage : isStream && hasStreamUsage ? true : undefined
  const options = present({ include_usage, include_obfuscation: includeObfuscation })
  const isGiven = shapeOf(extra, DIALECT, 'options') === 'given'
  return { stream: isStream, stream_options: isGiven || options ? restore(options ?? {}, extra, DIALECT) : undefined }
}

function readFormat(f: Fields): OutputFormat | undefined {
  if (f.constant('type', 'text')) return { type: 'text', extra: f.extra(DIALECT) }
  if (f.constant('type', 'json_object')) return { type: 'json', extra: f.extra(DIALECT) }
  const j = f.constant('type', 'json_schema') ? f.nested('json_schema') : undefined
  const schema = j?.object('schema')
  if (!j || !schema) return undefined
  const [name, description, isStrict] = [j.string('name'), j.string('description'), j.boolean('strict')]
  if (name === undefined) f.shape('name', 'absent')
  return { type: 'jsonSchema', schema, name, description, isStrict, extra: f.extra(DIALECT) }
}

function writeFormat(format: OutputFormat): JsonObject {
  if (format.type !== 'jsonSchema') {
    return restore({ type: format.type === 'json' ? 'json_object' : 'text' }, format.extra, DIALECT)
  }
  const { schema, description, isStrict, extra } = format
  const name = format.name ?? (shapeOf(extra, DIALECT, 'name') === 'absent' ? undefined : 'response')
  const json = { name, description, schema, strict: isStrict }
  return restore({ type: 'json_schema', json_schema: json }, extra, DIALECT)
}

function effortOf(budget: number): string {
  return budget <= 1024
    ? 'minimal'
    : budget <= 4096
      ? 'low'
      : budget <= 12_288
        ? 'medium'
        : budget <= 24_576
          ? 'high'
          : 'xhigh'
}
