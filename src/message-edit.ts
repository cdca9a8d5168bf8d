import type { JsonObject } from './neutral/extra.ts'
import { isObject } from './neutral/fields.ts'

/** Undefined where the message is not the one that is sought; null where nothing is left of it. */
export type MessageEdit = (message: JsonObject) => JsonObject | null | undefined

/** Edits the last message that `edit` takes for its own, or takes it away. The same list where nothing changes. */
export function editLastMessage(messages: readonly unknown[], edit: MessageEdit): readonly unknown[] {
  for (let at = messages.length - 1; at >= 0; at--) {
    const message = messages[at]
    const edited = isObject(message) ? edit(message) : undefined
    if (edited === undefined) continue
    if (edited === message) return messages
    return edited === null ? messages.toSpliced(at, 1) : messages.with(at, edited)
  }
  return messages
}

/** Edits every message that `edit` takes for its own, or takes it away. The same list where nothing changes. */
export function editEachMessage(messages: readonly unknown[], edit: MessageEdit): readonly unknown[] {
  let isChanged = false
  const edited = messages.flatMap(message => {
    const each = isObject(message) ? edit(message) : undefined
    if (each === undefined || each === message) return [message]
    isChanged = true
    return each === null ? [] : [each]
  })
  return isChanged ? edited : messages
}

/** How a list of messages is edited: the last that fits, or each. */
export type EditMessages = typeof editLastMessage

/** Which pieces of a message are texts of its author. */
export type IsText = (piece: JsonObject) => boolean

/** Passes the `text` of each piece through `edit`; an emptied piece goes. The same list where nothing changes. */
export function editPieces(
  pieces: readonly unknown[],
  isText: IsText,
  edit: (text: string) => string,
): readonly unknown[] {
  let isChanged = false
  const edited = pieces.flatMap(piece => {
    if (!isObject(piece) || typeof piece.text !== 'string' || !isText(piece)) return [piece]
    const text = edit(piece.text)
    if (text === piece.text) return [piece]
    isChanged = true
    return text === '' ? [] : [{ ...piece, text }]
  })
  return isChanged ? edited : pieces
}

/** Edits a message whose `content` is a text or a list of pieces. Null where nothing of that is left. */
export function editContent(message: JsonObject, isText: IsText, edit: (text: string) => string): JsonObject | null {
  const { content } = message
  if (typeof content !== 'string' && !Array.isArray(content)) return message
  const edited = typeof content === 'string' ? edit(content) : editPieces(content, isText, edit)
  if (edited === content) return message
  return edited.length === 0 ? null : { ...message, content: edited }
}
