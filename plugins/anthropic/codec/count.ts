import type { JsonObject } from 'lunaroute/neutral'

/** The number in an answer to a count. */
export function readTokenCount({ input_tokens: tokens }: JsonObject): number | undefined {
  return typeof tokens === 'number' ? tokens : undefined
}

/** Such an answer. */
export function writeTokenCount(tokens: number): JsonObject {
  return { input_tokens: tokens }
}
