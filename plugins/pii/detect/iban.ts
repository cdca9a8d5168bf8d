import { isWord } from './characters.ts'
import { allMatches, type Detector } from './match.ts'

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
const BEGINNING = /(?<![A-Za-z0-9_])[A-Za-z]{2}\d{2}/g
/** The longest number, with a separator behind each of its characters. */
const LONGEST = 68

/** Finds international account numbers, in one piece or in groups, whose check digits are right. */
export const detectIbans: Detector = function* ({ text, from }) {
  for (const { index: start } of allMatches(BEGINNING, text, from)) {
    const end = endOf(text, start)
    if (end === undefined || end === OPEN || isWord(text.charCodeAt(end))) continue
    const written = text.slice(start, end).replace(/[^A-Za-z0-9]/g, '')
    if (hasCheckDigits(written)) yield { type: 'iban', start, end, confidence: 0.95 }
  }
}

/** Whether a text ends within what could become an account number. */
export function endsInIban(text: string): boolean {
  for (const { index } of allMatches(BEGINNING, text, Math.max(0, text.length - LONGEST))) {
    if (endOf(text, index) === OPEN) return true
  }
  return false
}

/** The text ends first. */
const OPEN = Number.POSITIVE_INFINITY

/** Behind as many letters and digits as the country's numbers have, with one separator between groups at most. */
function endOf(text: string, start: number): number | undefined {
  const length = LENGTHS[text.slice(start, start + 2).toUpperCase()]
  if (length === undefined) return undefined
  let end = start
  for (let count = 0; count < length; end++) {
    const code = text.charCodeAt(end)
    if (end === text.length) return OPEN
    if (isWord(code) && code !== 0x5f) count++
    else if (!isGap(code) || isGap(text.charCodeAt(end - 1))) return undefined
  }
  return end
}

function isGap(code: number): boolean {
  return code === 0x20 || code === 0x2d || code === 0xa0 || code === 0x202f || code === 0x2009
}

/** The check of ISO 13616: the number modulo 97 is 1. */
function hasCheckDigits(iban: string): boolean {
  let rest = 0
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    rest = (value > 9 ? rest * 100 + value : rest * 10 + value) % 97
  }
  return rest === 1
}
