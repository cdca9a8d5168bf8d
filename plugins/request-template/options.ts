import { type Static, Type } from 'lunaroute'

const json = Type.Record(Type.String(), Type.Unknown())

export const providerOptions = Type.Object(
  {
    request_headers: Type.Optional(Type.Record(Type.String(), Type.String())),
    request_body: Type.Optional(
      Type.Object(
        {
          defaults: Type.Optional(json),
          overrides: Type.Optional(json),
          prepend_messages: Type.Optional(
            Type.Array(
              Type.Object(
                {
                  role: Type.Union(['system', 'developer', 'user', 'assistant'].map(role => Type.Literal(role))),
                  content: Type.String({ minLength: 1 }),
                },
                { additionalProperties: false },
              ),
            ),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    response_body: Type.Optional(
      Type.Object(
        {
          enabled: Type.Optional(Type.Boolean()),
          metadata_namespace: Type.Optional(Type.String({ minLength: 1 })),
          fields: Type.Optional(json),
          extension_fields: Type.Optional(json),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
)

export type ProviderTemplates = Static<typeof providerOptions>
export type RequestBody = NonNullable<ProviderTemplates['request_body']>
export type ResponseBody = NonNullable<ProviderTemplates['response_body']>
