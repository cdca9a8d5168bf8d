import { Fields, type JsonObject, present, restore, type Usage } from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

/** Reads `usage`. */
export function readUsage(native: JsonObject): Usage {
  const f = new Fields(native)
  f.optional('prompt_tokens', 'completion_tokens', 'total_tokens')
  const input = f.nested('prompt_tokens_details')
  const output = f.nested('completion_tokens_details')
  return {
    inputTokens: f.number('prompt_tokens'),
    cachedTokens: input?.number('cached_tokens'),
    cacheWriteTokens: input?.number('cache_write_tokens'),
    inputAudioTokens: input?.number('audio_tokens'),
    outputTokens: f.number('completion_tokens'),
    reasoningTokens: output?.number('reasoning_tokens'),
    outputAudioTokens: output?.number('audio_tokens'),
    acceptedPredictionTokens: output?.number('accepted_prediction_tokens'),
    rejectedPredictionTokens: output?.number('rejected_prediction_tokens'),
    totalTokens: f.number('total_tokens'),
    extra: f.extra(DIALECT),
  }
}

/** Writes `usage`. */
export function writeUsage(usage: Usage): JsonObject {
  const { inputTokens = 0, outputTokens = 0 } = usage
  const written: JsonObject = {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
    prompt_tokens_details: present({
      cached_tokens: usage.cachedTokens,
      cache_write_tokens: usage.cacheWriteTokens,
      audio_tokens: usage.inputAudioTokens,
    }),
    completion_tokens_details: present({
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: usage.outputAudioTokens,
      accepted_prediction_tokens: usage.acceptedPredictionTokens,
      rejected_prediction_tokens: usage.rejectedPredictionTokens,
    }),
  }
  const defaults = { prompt_tokens: 0, completion_tokens: 0, total_tokens: inputTokens + outputTokens }
  return restore(written, usage.extra, DIALECT, defaults)
}
