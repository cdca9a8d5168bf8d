import { Fields, type JsonObject, restore, type Usage } from 'lunaroute/neutral'
import { readDetails, writeInputDetails, writeOutputDetails } from '../shared/usage.ts'
import { DIALECT } from './name.ts'

/** Reads `usage`. */
export function readUsage(native: JsonObject): Usage {
  const f = new Fields(native)
  f.optional('prompt_tokens', 'completion_tokens', 'total_tokens')
  const input = f.nested('prompt_tokens_details')
  const output = f.nested('completion_tokens_details')
  return {
    inputTokens: f.number('prompt_tokens'),
    outputTokens: f.number('completion_tokens'),
    ...readDetails(input, output),
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
    prompt_tokens_details: writeInputDetails(usage),
    completion_tokens_details: writeOutputDetails(usage, {
      accepted_prediction_tokens: usage.acceptedPredictionTokens,
      rejected_prediction_tokens: usage.rejectedPredictionTokens,
    }),
  }
  const defaults = { prompt_tokens: 0, completion_tokens: 0, total_tokens: inputTokens + outputTokens }
  return restore(written, usage.extra, DIALECT, defaults)
}
