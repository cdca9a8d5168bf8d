import { Type } from 'lunaroute'
import type { ModelProfile } from 'lunaroute/neutral'

const count = Type.Integer({ minimum: 0 })
const flag = Type.Boolean()
const oneOf = (...values: string[]) => Type.Union(values.map(value => Type.Literal(value)))

/** A profile in a config: its keys are checked, and what stands in the nested ones is taken as it is. */
export const profileSchema = Type.Unsafe<ModelProfile>(
  Type.Partial(
    Type.Object({
      contextTokens: count,
      maxOutputTokens: count,
      minOutputTokens: count,
      maxTokensField: oneOf('max_tokens', 'max_completion_tokens'),
      hasDeveloperRole: flag,
      hasInlineSystem: flag,
      needsUserFirst: flag,
      hasPrefill: flag,
      sampling: Type.Unknown(),
      reasoning: Type.Unknown(),
      tools: Type.Unknown(),
      input: Type.Unknown(),
      structuredOutput: oneOf('native', 'tool', 'prompt'),
      hasJsonMode: flag,
      maxStops: count,
      maxCacheMarks: count,
      hasStreamUsage: flag,
    } satisfies Record<keyof ModelProfile, unknown>),
    { additionalProperties: false },
  ),
)
