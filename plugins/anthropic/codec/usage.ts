import { Fields, type JsonObject, present, restore, type Usage } from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

const DEFAULTS = {
  input_tokens: 0,
  cache_creation_input_tokens: null,
  cache_read_input_tokens: null,
  output_tokens: 0,
  service_tier: null,
}

/** Reads `usage`, whose `input_tokens` leave out what was read from and written to the cache. */
export function readUsage(native: JsonObject): Usage {
  const f = new Fields(native)
  f.optional(...Object.keys(DEFAULTS))
  const [input, output] = [f.number('input_tokens'), f.number('output_tokens')]
  const [read, write] = [f.number('cache_read_input_tokens'), f.number('cache_creation_input_tokens')]
  const split = f.nested('cache_creation')
  const tools = f.nested('server_tool_use')
  return {
    inputTokens: input === undefined ? undefined : input + (read ?? 0) + (write ?? 0),
    cachedTokens: read,
    cacheWriteTokens: write,
    cacheWrite5mTokens: split?.number('ephemeral_5m_input_tokens'),
    cacheWrite1hTokens: split?.number('ephemeral_1h_input_tokens'),
    outputTokens: output,
    reasoningTokens: f.nested('output_tokens_details')?.number('thinking_tokens'),
    serverToolUse: present({
      web_search: tools?.number('web_search_requests'),
      web_fetch: tools?.number('web_fetch_requests'),
    }) as Readonly<Record<string, number>> | undefined,
    serviceTier: f.string('service_tier'),
    extra: f.extra(DIALECT),
  }
}

/** Writes `usage`. */
export function writeUsage(usage: Usage, isOwn: boolean): JsonObject {
  const { inputTokens, cachedTokens = 0, cacheWriteTokens = 0, serverToolUse } = usage
  const written: JsonObject = {
    input_tokens: inputTokens === undefined ? undefined : Math.max(0, inputTokens - cachedTokens - cacheWriteTokens),
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_read_input_tokens: usage.cachedTokens,
    cache_creation: present({
      ephemeral_5m_input_tokens: usage.cacheWrite5mTokens,
      ephemeral_1h_input_tokens: usage.cacheWrite1hTokens,
    }),
    output_tokens: usage.outputTokens,
    output_tokens_details: present({ thinking_tokens: usage.reasoningTokens }),
    server_tool_use: present({
      web_search_requests: serverToolUse?.web_search,
      web_fetch_requests: serverToolUse?.web_fetch,
    }),
    service_tier: isOwn ? usage.serviceTier : undefined,
  }
  return restore(written, usage.extra, DIALECT, DEFAULTS)
}
