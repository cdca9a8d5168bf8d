import type { OptionProblem } from 'lunaroute'
import { type Environment, type Template, textTemplate, type Values } from './template.ts'

type Headers = Readonly<Record<string, string>>

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** What the HTTP client sets for each hop. */
const NOT_OURS = /^(?:host|connection|content-length|transfer-encoding|keep-alive|te|trailer|upgrade|expect|proxy-.*)$/i

/** Adds the configured headers to those of a request; one that comes to nothing is left out. */
export function headerTemplates(written: Headers, env: Environment): (headers: Headers, values: Values) => Headers {
  const templates = Object.entries(written).map(([name, text]) => [name, textTemplate(text, env)] as const)
  return (headers, values) => templates.reduce((all, each) => withHeader(all, each, values), headers)
}

/** What is wrong with the names of headers. */
export function checkHeaders(written: Headers, path: readonly string[]): readonly OptionProblem[] {
  return Object.keys(written).flatMap(name => {
    const at = [...path, name]
    if (!NAME.test(name)) return [{ path: at, message: 'is no name of a header' }]
    return NOT_OURS.test(name) ? [{ path: at, message: 'is set by the gateway for each connection' }] : []
  })
}

function withHeader(headers: Headers, [name, template]: readonly [string, Template<string>], values: Values): Headers {
  const value = printable(template(values))
  if (value === '' || headers[name] === value) return headers
  const { [name.toLowerCase()]: _replaced, ...rest } = headers
  return { ...rest, [name]: value }
}

/** Models and others are named by clients, who may write anything: what a header cannot hold is percent-encoded. */
function printable(value: string): string {
  return value.trim().replace(/[^\x20-\x7e]/gu, character => {
    return Array.from(Buffer.from(character), byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
  })
}
