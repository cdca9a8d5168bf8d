import { Fields, type JsonObject, restore, type Usage } from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

/** Reads `usageMetadata`, whose candidates leave out the thoughts. */
export function readUsage(native: JsonObject): Usage {
  const f = new Fields(native)
  f.optional('candidatesTokenCount')
  const [output, thoughts] = [f.number('candidatesTokenCount'), f.number('thoughtsTokenCount')]
  return {
    inputTokens: f.number('promptTokenCount'),
    cachedTokens: f.number('cachedContentTokenCount'),
    outputTokens: output === undefined && thoughts === undefined ? undefined : (output ?? 0) + (thoughts ?? 0),
    reasoningTokens: thoughts,
    totalTokens: f.number('totalTokenCount'),
    toolInputTokens: f.number('toolUsePromptTokenCount'),
    serviceTier: f.string('serviceTier'),
    extra: f.extra(DIALECT),
  }
}

/** Writes it. */
export function writeUsage(usage: Usage, isOwn: boolean): JsonObject {
  const { inputTokens, outputTokens, reasoningTokens, toolInputTokens, extra } = usage
  const candidates = outputTokens === undefined ? undefined : Math.max(0, outputTokens - (reasoningTokens ?? 0))
  const isAbsent = candidates === 0 && extra?.[DIALECT]?.absent?.includes('candidatesTokenCount')
  const total = (inputTokens ?? 0) + (outputTokens ?? 0) + (toolInputTokens ?? 0)
  const written = {
    promptTokenCount: inputTokens,
    cachedContentTokenCount: usage.cachedTokens,
    candidatesTokenCount: isAbsent ? undefined : candidates,
    thoughtsTokenCount: reasoningTokens,
    toolUsePromptTokenCount: toolInputTokens,
    totalTokenCount: usage.totalTokens ?? (isOwn ? undefined : total),
    serviceTier: isOwn ? usage.serviceTier : undefined,
  }
  return restore(written, extra, DIALECT)
}
