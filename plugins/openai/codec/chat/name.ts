/** The dialect's name, under which its remainders are kept. */
export const DIALECT = 'openai-chat'

/** A note that says which field of a message a block stood in. */
export function standsIn(field: string) {
  return { [DIALECT]: { shapes: { in: field } } }
}
