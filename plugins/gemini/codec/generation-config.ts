import {
  type Fields,
  isObject,
  type JsonObject,
  type NeutralRequest,
  type OutputFormat,
  present,
  type RequestContext,
  restore,
  shapeOf,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'
import { readSchema, writeSchema } from './schema.ts'
import { readThinking, writeThinking } from './thinking.ts'

const SCHEMAS = [
  ['responseJsonSchema', 'response_json_schema'],
  ['_responseJsonSchema', '_response_json_schema'],
  ['responseSchema', 'response_schema'],
] as const

type Config = Pick<
  NeutralRequest,
  'sampling' | 'maxOutputTokens' | 'stop' | 'answers' | 'logprobs' | 'output' | 'reasoning'
>

/** Reads `generationConfig`. What it says that no other dialect knows stays in the request's remainder. */
export function readConfig(f: Fields): Config {
  const c = f.nested('generationConfig', 'generation_config')
  if (!c) return {}
  const stop = c.string('stopSequences', 'stop_sequences')
  if (stop !== undefined) c.shape('stopSequences', 'string')
  const hasLogprobs = (c.peek('responseLogprobs') ?? c.peek('response_logprobs')) === true
  if (hasLogprobs) c.boolean('responseLogprobs', 'response_logprobs')
  return {
    sampling: present({
      temperature: c.number('temperature'),
      topP: c.number('topP', 'top_p'),
      topK: c.number('topK', 'top_k'),
      frequencyPenalty: c.number('frequencyPenalty', 'frequency_penalty'),
      presencePenalty: c.number('presencePenalty', 'presence_penalty'),
      seed: c.number('seed'),
    }),
    maxOutputTokens: c.number('maxOutputTokens', 'max_output_tokens'),
    stop: stop === undefined ? c.strings('stopSequences', 'stop_sequences') : [stop],
    answers: c.number('candidateCount', 'candidate_count'),
    logprobs: hasLogprobs ? { top: c.number('logprobs') } : undefined,
    output: present({ format: readFormat(c), modalities: readModalities(c), audio: readVoice(c) }),
    reasoning: readThinking(c),
  }
}

/** Writes it, or nothing where nothing is said. */
export function writeConfig(request: NeutralRequest, { diagnostics }: RequestContext): JsonObject | undefined {
  const { sampling, stop, output, extra } = request
  const isBareStop = shapeOf(extra, DIALECT, 'stopSequences') === 'string' && stop?.length === 1
  const voice = request.dialect === DIALECT ? output?.audio?.voice : undefined
  return present({
    temperature: sampling?.temperature,
    topP: sampling?.topP,
    topK: sampling?.topK,
    frequencyPenalty: sampling?.frequencyPenalty,
    presencePenalty: sampling?.presencePenalty,
    seed: sampling?.seed,
    maxOutputTokens: request.maxOutputTokens,
    stopSequences: isBareStop ? stop[0] : stop,
    candidateCount: request.answers,
    responseLogprobs: request.logprobs && true,
    logprobs: request.logprobs?.top,
    ...writeFormat(output?.format),
    responseModalities: output?.modalities?.map(modality => modality.toUpperCase()),
    speechConfig: voice === undefined ? undefined : { voiceConfig: { prebuiltVoiceConfig: { voiceName: voice } } },
    thinkingConfig: writeThinking(request, diagnostics),
  })
}

function readFormat(c: Fields): OutputFormat | undefined {
  for (const [key, alias] of SCHEMAS) {
    const native = c.object(key, alias)
    if (!native) continue
    const { schema, types } = readSchema(native)
    const isUsual = mimeType(c) === 'application/json'
    if (isUsual) c.string('responseMimeType', 'response_mime_type')
    // The notes are the format's own: a request may be given another one.
    const shapes = { ...(key !== 'responseJsonSchema' && { schema: key }), ...(types && { types }) }
    const notes = {
      ...(Object.keys(shapes).length > 0 && { shapes }),
      ...(!isUsual && { absent: ['responseMimeType'] }),
    }
    const extra = Object.keys(notes).length > 0 ? { [DIALECT]: notes } : undefined
    return { type: 'jsonSchema', schema, extra }
  }
  for (const [word, type] of [
    ['application/json', 'json'],
    ['text/plain', 'text'],
  ] as const) {
    if (mimeType(c) !== word) continue
    c.string('responseMimeType', 'response_mime_type')
    return { type }
  }
  return undefined
}

function writeFormat(format: OutputFormat | undefined): JsonObject {
  if (!format) return {}
  if (format.type !== 'jsonSchema')
    return { responseMimeType: format.type === 'json' ? 'application/json' : 'text/plain' }
  const key = shapeOf(format.extra, DIALECT, 'schema') ?? 'responseJsonSchema'
  const notes = { [DIALECT]: { absent: format.extra?.[DIALECT]?.absent ?? [] } }
  const schema = writeSchema(format.schema, shapeOf(format.extra, DIALECT, 'types'))
  return restore({ [key]: schema }, notes, DIALECT, { responseMimeType: 'application/json' })
}

function mimeType(c: Fields): unknown {
  return c.peek('responseMimeType') ?? c.peek('response_mime_type')
}

function readModalities(c: Fields): readonly string[] | undefined {
  const found = c.strings('responseModalities', 'response_modalities')
  if (found?.every(word => word === word.toUpperCase())) return found.map(word => word.toLowerCase())
  return c.leave('responseModalities')
}

function readVoice(c: Fields) {
  const native = c.peek('speechConfig') ?? c.peek('speech_config')
  if (!isObject(native)) return undefined
  const voice = c
    .nested('speechConfig', 'speech_config')
    ?.nested('voiceConfig', 'voice_config')
    ?.nested('prebuiltVoiceConfig', 'prebuilt_voice_config')
    ?.string('voiceName', 'voice_name')
  return voice === undefined ? undefined : { voice }
}
