import { type Extra, type Fields, shapeOf } from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

/** Base64 in the standard alphabet and padded, as the neutral form has it; clients of Google's also send the URL-safe one. */
export function readBase64(data: string, f: Fields): string {
  const isUrlSafe = /[-_]/.test(data)
  const plain = isUrlSafe ? data.replaceAll('-', '+').replaceAll('_', '/') : data
  const padded = plain.padEnd(Math.ceil(plain.length / 4) * 4, '=')
  if (padded === data) return data
  const how = `${isUrlSafe ? 'url' : 'standard'}${padded === plain ? '' : '-unpadded'}`
  if (spell(padded, how) !== data) return data
  f.shape('base64', how)
  return padded
}

/** Writes it as it came. */
export function writeBase64(data: string, extra: Extra | undefined): string {
  const how = shapeOf(extra, DIALECT, 'base64')
  return how === undefined ? data : spell(data, how)
}

function spell(data: string, how: string): string {
  const unpadded = how.endsWith('-unpadded') ? data.replace(/=+$/, '') : data
  return how.startsWith('url') ? unpadded.replaceAll('+', '-').replaceAll('/', '_') : unpadded
}
