import type { Redactor } from 'lunaroute'
import { createDetection } from './detect/detector.ts'
import { type PiiType, TYPES } from './detect/match.ts'
import type { PiiOptions } from './options.ts'
import { JsonRedactor } from './redact/json.ts'
import { JsonPieces } from './redact/json-pieces.ts'
import { Pieces, redactWhole } from './redact/pieces.ts'
import { replacement } from './redact/replacement.ts'
import { unescaped } from './redact/unescaped.ts'

/** The plugin's options, with the secret that tokens are made with. They can be cloned. */
export type RedactorOptions = PiiOptions & { readonly hmac_secret: string }

/** Makes a redactor. A worker thread imports this module by its URL. */
export function createRedactor(given: unknown): Redactor {
  const options = given as RedactorOptions
  const detection = createDetection({
    types: new Set(TYPES.filter(each => isDetected(each, options))),
    minConfidence: options.min_confidence,
    phoneRegions: options.phone_regions,
    customPatterns: options.custom_patterns.map(each => ({ ...each, confidence: each.confidence ?? 0.9 })),
  })
  const replace = replacement({
    mode: options.redaction_mode,
    modes: { ...options.redaction_modes, ...ofCustom(options, each => each.redaction_mode) },
    placeholders: ofCustom(options, each => each.placeholder),
    hmacSecret: options.hmac_secret,
    partialShowChars: options.partial_show_chars,
  })
  const text = (value: string, before: string): string => {
    const written = redactWhole(value, detection, replace, before)
    const meant = unescaped(written)
    if (meant === written) return written
    // Where escapes hide nothing, they stay.
    const redacted = redactWhole(meant, detection, replace, before)
    return redacted === meant ? written : redacted
  }
  const json = new JsonRedactor({ detection, replace, text, areFieldsSecret: options.detect_secret })
  return {
    text: value => text(value, ''),
    json: value => json.value(value),
    stream: form => (form === 'json' ? new JsonPieces(json) : new Pieces(detection, replace)),
  }
}

function isDetected(type: PiiType, options: RedactorOptions): boolean {
  return options[`detect_${type}`]
}

function ofCustom<T>(
  { custom_patterns: patterns }: RedactorOptions,
  read: (pattern: RedactorOptions['custom_patterns'][number]) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(patterns.map(each => [each.name, read(each)]))
}
