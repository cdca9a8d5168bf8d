import type { DialectSample } from './dialects.ts'
import { headerOf } from './http-message.ts'
import { isCleanEnd, type RawResponse } from './raw-client.ts'

/** What is wrong with a refusal by the gateway, as sentences; empty when it is as every client may expect. */
export function refusalProblems(
  response: RawResponse,
  samples: DialectSample | readonly DialectSample[],
  status: number,
): string[] {
  const problems: string[] = []
  const text = response.body.toString()
  if (response.status !== status) problems.push(`status ${response.status} instead of ${status}: ${text.slice(0, 300)}`)
  if (!isCleanEnd(response)) problems.push(`the answer ended by ${response.ending}`)
  const source = headerOf(response.headers, 'x-lunaroute-error-source')
  if (source !== 'gateway') problems.push(`x-lunaroute-error-source is ${source}`)
  if (!headerOf(response.headers, 'x-lunaroute-request-id')) problems.push('there is no x-lunaroute-request-id')
  const type = headerOf(response.headers, 'content-type')
  if (!type?.startsWith('application/json')) problems.push(`content-type is ${type}`)
  if (/gateway-(openai|anthropic|gemini)-key|client-key/.test(text)) problems.push('the body holds a key')
  const isEnvelope = [samples].flat().some(sample => sample.isError(parsed(text), response.status))
  if (!isEnvelope) problems.push(`the body is no error envelope of the dialect: ${text.slice(0, 300)}`)
  return problems
}

/**
 * Whether a client can tell that a response broke off: its connection was cut, it was an error all along, or its last
 * event is an error event of the dialect.
 */
export function isVisiblyBroken(response: RawResponse, sample: DialectSample): boolean {
  if (!isCleanEnd(response)) return true
  const text = response.body.toString()
  if (response.status >= 500) return sample.isError(parsed(text), response.status)
  const last = text
    .trimEnd()
    .split(/\r?\n\r?\n/)
    .at(-1)
  const data = last
    ?.split(/\r?\n/)
    .filter(line => line.startsWith('data:'))
    .map(line => line.slice(5))
    .join('\n')
  return /"error"|"response\.failed"/.test(data ?? '')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
