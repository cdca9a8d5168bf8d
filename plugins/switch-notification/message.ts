import type { AttemptOutcome } from 'lunaroute'

/** What a message may name. */
export interface Switch {
  readonly original_provider: string
  readonly new_provider: string
  readonly reason: string
  readonly model: string
}

export const DEFAULT_MESSAGE =
  'IMPORTANT: Before you answer, tell the user in one short sentence that an alternative AI service is handling this ' +
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template
  'request because of ${reason}. Then do what the user asks for, as you would otherwise.'

const REFERENCE = /\$(\$\{[^}]*\})|\$\{(original_provider|new_provider|reason|model)\}/g

/** `$${x}` is the text `${x}`; what is no variable stays as it is written. */
export function filled(template: string, variables: Switch): string {
  return template.replace(REFERENCE, (_, escaped: string | undefined, name: keyof Switch) => escaped ?? variables[name])
}

/**
 * Whether a body has such a message already, put there by another gateway on the way: the same words up to the first
 * that may differ.
 */
export function isNotified(body: Buffer, template: string, message: string): boolean {
  const fixed = template.slice(0, template.search(/\$+\{/))
  const words = template.includes('${') && fixed.length >= MIN_FIXED ? fixed : message
  return body.includes(JSON.stringify(words).slice(1, -1))
}

/** Fewer characters than this could stand in a conversation by chance. */
const MIN_FIXED = 40

/** Why a provider's place was taken, for a person to read; its attempts say, and where none was made it was passed over. */
export function reasonOf(attempts: readonly AttemptOutcome[], original: string): string {
  const last = attempts.findLast(({ provider }) => provider === original)
  if (!last) return 'service maintenance'
  return (last.toldStatus ?? last.status) === 429 ? 'high demand' : 'a temporary service issue'
}
