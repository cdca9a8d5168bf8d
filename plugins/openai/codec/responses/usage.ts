import { Fields, type JsonObject, restore, type Usage } from 'lunaroute/neutral'
import { readDetails, writeInputDetails, writeOutputDetails } from '../shared/usage.ts'
import { DIALECT } from './name.ts'

/** Reads `usage`. */
export function readUsage(native: JsonObject): Usage {
  const f = new Fields(native)
  f.optional('input_tokens', 'output_tokens', 'total_tokens', 'input_tokens_details', 'output_tokens_details')
  const input = f.nested('input_tokens_details')
  const output = f.nested('output_tokens_details')
  input?.optional('cached_tokens')
  output?.optional('reasoning_tokens')
  return {
    inputTokens: f.number('input_tokens'),
    outputTokens: f.number('output_tokens'),
    ...readDetails(input, output),
    totalTokens: f.number('total_tokens'),
    extra: f.extra(DIALECT),
  }
}

/** Writes `usage`. The details are required: official clients read them without looking. */
export function writeUsage(usage: Usage): JsonObject {
  const { inputTokens = 0, outputTokens = 0 } = usage
  const written: JsonObject = {
    input_tokens: usage.inputTokens,
    input_tokens_details: writeInputDetails(usage),
    output_tokens: usage.outputTokens,
    output_tokens_details: writeOutputDetails(usage),
    total_tokens: usage.totalTokens,
  }
  return restore(written, usage.extra, DIALECT, {
    input_tokens: 0,
    output_tokens: 0,
    total_tokens: inputTokens + outputTokens,
    'input_tokens_details.cached_tokens': 0,
    'output_tokens_details.reasoning_tokens': 0,
  })
}
