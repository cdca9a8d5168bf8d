import { isUtf8 } from 'node:buffer'

const BASE64 = /^(data:[^,]{0,200};base64,)?([A-Za-z0-9+/]{16,}={0,2})$/
/** Most of what is no text shows by its beginning, in characters of base64. */
const BEGINNING = 64
// biome-ignore lint/suspicious/noControlCharactersInRegex: text has none of them
const CONTROL = /[\0-\x08\x0e-\x1f\x7f]/

/** The text that a string is in base64, and what stands before it; undefined for pictures and for what is no base64. */
export function textIn(string: string): { readonly head: string; readonly text: string } | undefined {
  const [, head = '', base64] = BASE64.exec(string) ?? []
  if (base64 === undefined) return undefined
  if (CONTROL.test(Buffer.from(base64.slice(0, BEGINNING), 'base64').toString())) return undefined
  const bytes = Buffer.from(base64, 'base64')
  if (!isUtf8(bytes)) return undefined
  const text = bytes.toString()
  return CONTROL.test(text) ? undefined : { head, text }
}
