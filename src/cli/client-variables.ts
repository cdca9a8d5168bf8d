import type { Address } from './addresses.ts'

/** An environment variable that points a client at the gateway. */
export interface ClientVariable {
  readonly name: string
  readonly value: string
}

/** Variables that clients read, by the family of dialects they speak. */
const CLIENTS = [
  { name: 'ANTHROPIC_BASE_URL', family: 'anthropic', path: '' },
  { name: 'OPENAI_BASE_URL', family: 'openai', path: '/v1' },
  { name: 'GOOGLE_GEMINI_BASE_URL', family: 'gemini', path: '' },
] as const

/** Each variable with the first address that serves its dialect. One that nothing serves is left out. */
export function clientVariables(addresses: readonly Address[]): ClientVariable[] {
  return CLIENTS.flatMap(({ name, family, path }) => {
    const address = addresses.find(each => serves(each, family))
    return address ? [{ name, value: address.url + path }] : []
  })
}

function serves({ dialects }: Address, family: string): boolean {
  return dialects === null || dialects.some(each => each === family || each.startsWith(`${family}-`))
}

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const
export type Shell = (typeof SHELLS)[number]

/** The line that sets a variable in a shell. */
export function assignment({ name, value }: ClientVariable, shell: Shell): string {
  if (shell === 'powershell') return `$env:${name} = "${value}"`
  // fish joins the lines of a command substitution with blanks; the semicolon keeps them apart under `eval`.
  if (shell === 'fish') return `set -gx ${name} ${value};`
  return `export ${name}=${value}`
}
