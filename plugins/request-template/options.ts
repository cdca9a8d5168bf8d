import { type Static, Type } from 'lunaroute'

const headers = Type.Record(Type.String(), Type.String())
const json = Type.Record(Type.String(), Type.Unknown())

export const providerOptions = Type.Object(
  {
    // LunaRoute's guide writes them one level deeper.
    request_headers: Type.Optional(Type.Union([headers, Type.Object({ headers }, { additionalProperties: false })])),
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

/** The headers to add, by name, wherever they are written. A header may be called `headers` itself. */
export function headersOf({ request_headers: written = {} }: ProviderTemplates): Readonly<Record<string, string>> {
  const { headers: inner } = written
  return typeof inner === 'object' ? inner : (written as Readonly<Record<string, string>>)
}

/** What stands before their names in the path of a place. */
export function headersAt({ request_headers: written = {} }: ProviderTemplates): readonly string[] {
  return typeof written.headers === 'object' ? ['request_headers', 'headers'] : ['request_headers']
}
