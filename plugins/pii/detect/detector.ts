import { detectApiKeys } from './api-key.ts'
import { detectCards } from './credit-card.ts'
import { type CustomPattern, customDetector, type Reach } from './custom.ts'
import { numberDetector, type RowDetector } from './digit-groups.ts'
import { detectEmails } from './email.ts'
import { detectIbans } from './iban.ts'
import { detectIpv4, detectIpv6 } from './ip-address.ts'
import { CONTEXT, type Detector, type Match, type PiiType, resolveOverlaps } from './match.ts'
import { phoneDetector } from './phone.ts'
import { detectPrivateKeys } from './private-key.ts'
import { detectSecrets } from './secret.ts'
import { detectSsns } from './ssn.ts'

export interface DetectionOptions {
  readonly types: ReadonlySet<PiiType>
  readonly minConfidence: number
  readonly phoneRegions: readonly string[]
  readonly customPatterns: readonly CustomPattern[]
}

/** All that is looked for, in one. */
export interface Detection {
  /** What a text has from `from` on, without overlaps, in its order. */
  find(text: string, from: number): readonly Match[]
  /** Where texts may be cut. */
  readonly reach: Reach
}

export function createDetection(options: DetectionOptions): Detection {
  const custom = options.customPatterns.length > 0 ? customDetector(options.customPatterns) : undefined
  const builtInDetectors = builtIn(options)
  return {
    reach: custom?.reach ?? 'token',
    find(text, from) {
      const matches: Match[] = []
      const span = { text, from }
      const detectors = mayHold(text, from) ? builtInDetectors : []
      for (const detect of custom ? [...detectors, custom.detect] : detectors) {
        for (const match of detect(span)) {
          if (match.confidence >= options.minConfidence && !isOurToken(text, match)) matches.push(match)
        }
      }
      return resolveOverlaps(matches)
    },
  }
}

/** What all finds have something of: most words of a stream, and most fields of JSON, have nothing. */
const SIGN = /[\d@:=：]|-----|eyJ|basic|[ \t](?:is|ist|es|est|é|are)[ \t]/gi
/** What makes a secret of a word without any of these, where it stands before. */
const NAME_BEFORE =
  /(?:pass|pwd|key|secret|token|credential|wort|contrase|senha|парол|密[码碼]|パスワード)[^\n]{0,16}$/i

function mayHold(text: string, from: number): boolean {
  SIGN.lastIndex = from
  return SIGN.test(text) || (from > 0 && NAME_BEFORE.test(text.slice(Math.max(0, from - CONTEXT), from)))
}

/** `[PHONE:12345678]` is no number: what has been redacted once is left as it is. */
function isOurToken(text: string, { start, end }: Match): boolean {
  if (end - start !== 8 || text[start - 1] !== ':') return false
  return (
    /^[0-9a-f]{8}$/.test(text.slice(start, end)) &&
    /\[[A-Z][A-Z0-9_]{1,39}:$/.test(text.slice(Math.max(0, start - 42), start))
  )
}

function builtIn({ types, phoneRegions }: DetectionOptions): readonly Detector[] {
  const numbers: readonly (readonly [PiiType, RowDetector])[] = [
    ['phone', phoneDetector(phoneRegions)],
    ['ssn', detectSsns],
    ['credit_card', detectCards],
  ]
  const wanted = numbers.flatMap(([type, detect]) => (types.has(type) ? [detect] : []))
  const others: readonly (readonly [PiiType, Detector])[] = [
    ['email', detectEmails],
    ['ip_address', detectIpv4],
    ['ip_address', detectIpv6],
    ['iban', detectIbans],
    ['api_key', detectApiKeys],
    ['secret', detectPrivateKeys],
    ['secret', detectSecrets],
  ]
  const rest = others.flatMap(([type, detect]) => (types.has(type) ? [detect] : []))
  return wanted.length > 0 ? [numberDetector(wanted), ...rest] : rest
}
