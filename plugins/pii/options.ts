import { type Static, Type, withDefault } from 'lunaroute'

const MODES = ['mask', 'remove', 'tokenize', 'partial'] as const
const mode = Type.Union(MODES.map(each => Type.Literal(each)))
const isDetected = withDefault(Type.Boolean(), true)

const customPattern = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_-]{0,39}$' }),
    pattern: Type.String({ minLength: 1, maxLength: 2000 }),
    confidence: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    redaction_mode: Type.Optional(mode),
    placeholder: Type.Optional(Type.String({ maxLength: 200 })),
  },
  { additionalProperties: false },
)

const perType = Type.Object(
  {
    email: Type.Optional(mode),
    phone: Type.Optional(mode),
    ssn: Type.Optional(mode),
    credit_card: Type.Optional(mode),
    ip_address: Type.Optional(mode),
    iban: Type.Optional(mode),
    api_key: Type.Optional(mode),
    secret: Type.Optional(mode),
  },
  { additionalProperties: false },
)

/** Options of the plugin, named as the documents name them where they do. */
export const options = Type.Object(
  {
    enabled: withDefault(Type.Boolean(), true),
    detect_email: isDetected,
    detect_phone: isDetected,
    detect_ssn: isDetected,
    detect_credit_card: isDetected,
    detect_ip_address: isDetected,
    detect_iban: isDetected,
    detect_api_key: isDetected,
    detect_secret: isDetected,
    min_confidence: withDefault(Type.Number({ minimum: 0, maximum: 1 }), 0.7),
    redaction_mode: withDefault(mode, 'mask'),
    redaction_modes: withDefault(perType, {}),
    hmac_secret: Type.Optional(Type.String({ minLength: 8 })),
    hmac_secret_file: withDefault(Type.String({ minLength: 1 }), '~/.lunaroute/pii-hmac.key'),
    partial_show_chars: withDefault(Type.Integer({ minimum: 0, maximum: 32 }), 4),
    phone_regions: withDefault(Type.Array(Type.String({ pattern: '^[A-Z]{2}$' })), [
      ...['US', 'GB', 'DE', 'FR', 'ES', 'IT', 'NL', 'BE', 'CH', 'AT', 'SE', 'PL', 'AU', 'JP', 'IN', 'BR'],
    ]),
    custom_patterns: withDefault(Type.Array(customPattern), []),
  },
  { additionalProperties: false },
)

export type PiiOptions = Static<typeof options>
