import { isDigit, isSeparator, isToken, MAX_SEPARATORS } from './characters.ts'
import type { Reach } from './custom.ts'
import { endsInIban } from './iban.ts'
import { endsInAssignment } from './keywords.ts'
import { endsInPrivateKey } from './private-key.ts'

/** As far back as an assignment with a quoted value or an account number goes. */
const TAIL = 300

/**
 * Whether no match can go across a place of a text, however the text goes on behind the character that follows it.
 * `start` is a place where that was so before. This is what makes a text in pieces come out as it would in one: detectors
 * look at what lies between two such places, and nothing they find depends on where the text was cut.
 */
export function isCut(text: string, start: number, place: number, reach: Reach): boolean {
  const left = text.charCodeAt(place - 1)
  const right = text.charCodeAt(place)
  const isTokenLeft = isToken(left)
  if (isTokenLeft && isToken(right)) return false
  // Half a character.
  if (right >= 0xdc00 && right <= 0xdfff && left >= 0xd800 && left <= 0xdbff) return false
  if (reach !== 'token' && (reach === 'text' || left !== 0x0a)) return false
  // `getToken(` is no value of anything.
  if (isTokenLeft && (right === 0x28 || right === 0x5b || right === 0x3c)) return false
  if (isWithinNumber(text, start, place, left, right)) return false
  const tail = text.slice(Math.max(start, place - TAIL), place)
  return (
    !endsInIban(tail) &&
    !OPEN_AUTHORIZATION.test(tail.slice(-16)) &&
    !endsInAssignment(tail) &&
    !endsInPrivateKey(text.slice(start, place))
  )
}

const OPEN_AUTHORIZATION = /(?:bearer|basic)[ \t]{0,3}$/i

/** Within a row of digit groups, or between it and the sign or parenthesis it begins with. */
function isWithinNumber(text: string, start: number, place: number, left: number, right: number): boolean {
  if (left === 0x28 && (isDigit(right) || right === 0x2b)) return true
  if (!isDigit(right) && !isSeparator(right)) return false
  let at = place - 1
  for (let count = 0; at >= start && count <= MAX_SEPARATORS && isSeparator(text.charCodeAt(at)); count++) at--
  return at >= start && isDigit(text.charCodeAt(at))
}
