import { type Extra, shapeOf } from 'lunaroute/neutral'

/** The dialect's name, under which its remainders are kept. */
export const DIALECT = 'openai-responses'

/**
 * The first block of an assistant's message item holds the item's own remainder under this key of its own: an item has
 * no place in the neutral form, its parts have.
 */
export const ITEM = '@item'

/** Whether a block begins a message item (`new`) or goes on in the last one (`same`), for blocks that were read here. */
export function itemOf(extra: Extra | undefined): string | undefined {
  return shapeOf(extra, DIALECT, 'item')
}
