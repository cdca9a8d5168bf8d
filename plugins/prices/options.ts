import { type PriceConfig, Type } from 'lunaroute'

const usd = Type.Number({ minimum: 0 })

const kinds = {
  cache_read: Type.Optional(usd),
  cache_write: Type.Optional(usd),
  cache_write_1h: Type.Optional(usd),
  reasoning: Type.Optional(usd),
  audio_input: Type.Optional(usd),
  audio_output: Type.Optional(usd),
}

export type Price = PriceConfig

export const priceSchema = Type.Object(
  {
    input: usd,
    output: usd,
    ...kinds,
    above: Type.Optional(
      Type.Array(
        Type.Object(
          { tokens: Type.Integer({ minimum: 1 }), input: Type.Optional(usd), output: Type.Optional(usd), ...kinds },
          { additionalProperties: false },
        ),
      ),
    ),
  },
  { additionalProperties: false },
)

/** Prices by a model's name or a pattern, and two keys that are no models. */
export interface PricesOptions {
  readonly file?: string
  readonly providers?: Readonly<Record<string, string>>
  readonly [model: string]: Price | string | Readonly<Record<string, string>> | undefined
}

export const optionsSchema = Type.Unsafe<PricesOptions>(
  Type.Object(
    {
      file: Type.Optional(Type.String({ minLength: 1, description: 'A file of prices.' })),
      providers: Type.Optional(
        Type.Record(Type.String(), Type.String({ minLength: 1 }), {
          description: 'What genai-prices calls the provider, where its host does not say.',
        }),
      ),
    },
    { additionalProperties: priceSchema, default: {} },
  ),
)
