import type { JsonObject } from 'lunaroute/neutral'

/** Reads the number in an answer of `/v1/responses/input_tokens`. */
export function readTokenCount({ input_tokens: tokens }: JsonObject): number | undefined {
  return typeof tokens === 'number' ? tokens : undefined
}

/** Writes such an answer. */
export function writeTokenCount(tokens: number): JsonObject {
  return { object: 'response.input_tokens', input_tokens: tokens }
}
