const ASCII = 128

/** Characters that may stand inside an address, a key or a password: what holds a token together. */
const TOKEN = new Uint8Array(ASCII)
for (let code = 0x21; code < 0x7f; code++) {
  TOKEN[code] = ',;<>|{}[]"\'()`'.includes(String.fromCharCode(code)) ? 0 : 1
}

/** Whether a character belongs to the token around it. Latin, Greek and Cyrillic letters do: names in addresses have them. */
export function isToken(code: number): boolean {
  return code < ASCII ? TOKEN[code] === 1 : code >= 0xc0 && code <= 0x4ff
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** ASCII letters and digits, and the underscore. */
export function isWord(code: number): boolean {
  return isDigit(code) || code === 0x5f || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
}

/** What people put between the groups of a number; models like the typographic ones. */
export function isSeparator(code: number): boolean {
  if (code < ASCII)
    return code === 0x20 || code === 0x2d || code === 0x2e || code === 0x28 || code === 0x29 || code === 0x2f
  return code === 0xa0 || code === 0x202f || code === 0x2009 || (code >= 0x2010 && code <= 0x2015)
}

/** The same, for patterns. */
export const SEPARATORS = '[ \\u00a0\\u202f\\u2009\\u2010-\\u2015.()/-]'

/** How many separators in a row still hold two groups together. */
export const MAX_SEPARATORS = 3
