import { type Fields, type JsonObject, present, type Usage } from 'lunaroute/neutral'

/** Reads the two objects that tell the tokens of the input and of the output apart. */
export function readDetails(input: Fields | undefined, output: Fields | undefined) {
  return {
    cachedTokens: input?.number('cached_tokens'),
    cacheWriteTokens: input?.number('cache_write_tokens'),
    inputAudioTokens: input?.number('audio_tokens'),
    reasoningTokens: output?.number('reasoning_tokens'),
    outputAudioTokens: output?.number('audio_tokens'),
  } satisfies Usage
}

export function writeInputDetails(usage: Usage): JsonObject | undefined {
  return present({
    cached_tokens: usage.cachedTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    audio_tokens: usage.inputAudioTokens,
  })
}

/** Writes those of the output, with what else the dialect says there. */
export function writeOutputDetails(usage: Usage, others: JsonObject = {}): JsonObject | undefined {
  return present({ reasoning_tokens: usage.reasoningTokens, audio_tokens: usage.outputAudioTokens, ...others })
}
