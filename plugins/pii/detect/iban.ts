import { isWord } from './characters.ts'
import type { Detector, Match } from './match.ts'

/** How long the numbers of each country are, from the registry of SWIFT. */
const LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 ' +
    'FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 ' +
    'LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 ' +
    'RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map(each => [each.slice(0, 2), Number(each.slice(2))]),
)
/** One separator between groups at most. */
const SEPARATOR = /[ \u00a0\u202f\u2009-]/

/** Finds international account numbers, in one piece or in groups, whose check digits are right. */
export const detectIbans: Detector = function* ({ text, from }) {
  const pattern = /[A-Za-z]{2}\d{2}/g
  pattern.lastIndex = from
  for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
    const start = found.index
    const match = isWord(text.charCodeAt(start - 1)) ? undefined : accountAt(text, start)
    if (match) yield match
    pattern.lastIndex = match ? match.end : start + 1
  }
}

function accountAt(text: string, start: number): Match | undefined {
  const walked = walk(text, start)
  if (!walked || walked.isOpen || isWord(text.charCodeAt(walked.end)) || !hasCheckDigits(walked.written))
    return undefined
  return { type: 'iban', start, end: walked.end, confidence: 0.95 }
}

/** Whether a text ends within what could become an account number. */
export function endsInIban(tail: string): boolean {
  for (const { index } of tail.matchAll(/(?<![A-Za-z0-9_])[A-Za-z]{2}\d{2}/g))
    if (walk(tail, index)?.isOpen) return true
  return false
}

interface Walked {
  readonly written: string
  readonly end: number
  /** The text ended first. */
  readonly isOpen: boolean
}

/** As many letters and digits as the country's numbers have. */
function walk(text: string, start: number): Walked | undefined {
  const length = LENGTHS[text.slice(start, start + 2).toUpperCase()]
  if (length === undefined) return undefined
  let end = start
  let written = ''
  for (; written.length < length; end++) {
    const character = text[end]
    if (character === undefined) return { written, end, isOpen: true }
    if (isWord(character.charCodeAt(0)) && character !== '_') written += character.toUpperCase()
    else if (!SEPARATOR.test(character) || SEPARATOR.test(text[end - 1]!)) return undefined
  }
  return { written, end, isOpen: false }
}

/** The check of ISO 13616: the number modulo 97 is 1. */
export function hasCheckDigits(iban: string): boolean {
  let rest = 0
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    rest = (value > 9 ? rest * 100 + value : rest * 10 + value) % 97
  }
  return rest === 1
}
