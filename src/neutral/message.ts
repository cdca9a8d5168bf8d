import type { Block } from './content.ts'
import type { Located } from './extra.ts'

/**
 * Who speaks. `tool` messages hold nothing but tool results; `native` ones hold one native block that stands for the
 * whole message, and only its own dialect writes them.
 */
export type Role = 'system' | 'developer' | 'user' | 'assistant' | 'tool' | 'native'

/**
 * One message of a conversation. Every dialect is read into the same form, so that a turn looks the same wherever it
 * came from:
 *
 * - `system` and `developer` messages stand where they stood; one from a place of its own (Messages `system`, Responses
 *   `instructions`, Gemini `systemInstruction`) comes first, with `placement: 'top'`. Text, `toolAddition`, `native`.
 * - `user`: text, image, document, audio, video. Never tool results.
 * - `assistant`: one turn of the model, in order: reasoning, text, refusal, audio, tool calls, server tool calls and
 *   results. A run of Responses items of the model's side is one message; each block keeps its item's `id`.
 * - `tool`: a run of tool results: consecutive Chat `tool` messages, the `tool_result` blocks of a Messages user turn,
 *   Responses `function_call_output` items, Gemini `functionResponse` parts. Text after them is a `user` message.
 *
 * Readers change nothing else: empty texts, adjacent messages of one role and a first turn of the assistant stay as they
 * are. Writers regroup as their grammar wants: a request of their own dialect (`request.dialect`) along the borders that
 * the notes in `extra` keep, any other by joining what their dialect says in one turn.
 */
export interface Message extends Located {
  readonly role: Role
  readonly content: readonly Block[]
  /** `top`: it stood beside the conversation, not in it. */
  readonly placement?: 'top' | undefined
  /** The speaker's name (Chat). */
  readonly name?: string | undefined
}
