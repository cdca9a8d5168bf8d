import type { Block, NeutralRequest, ToolChoice } from 'lunaroute/neutral'

/**
 * What all four dialects can say of a conversation, in one form; a request that was translated says the same of it when
 * it is read back:
 *
 * - the words of the system and the developer that stand before the conversation, as one text. Those within it are
 *   marked words of the user where the target has no place for them, which the census finds;
 * - the texts of the assistant, joined: dialects differ in how many parts a turn has, and in what they add to a user's;
 * - the calls of tools with name and parsed arguments, in order, without their ids (Gemini has none);
 * - the functions declared by name, and the choice among them (Gemini's `validated` is `auto` with a check elsewhere, and
 *   a list of allowed tools may become the list of tools);
 *
 * Left out are what a diagnostic reports (sampling, cache marks, reasoning), media (counted in the census), the results
 * of tools (an object in Gemini, with media beside it in Chat; counted in the census), and schemas (cleaned per target).
 */
export function shared({ messages, tools = [], toolChoice }: NeutralRequest): Record<string, unknown> {
  const blocks = (role: string) => messages.filter(each => each.role === role).flatMap(({ content }) => content)
  const first = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer')
  const instructions = messages.slice(0, first < 0 ? undefined : first).flatMap(({ content }) => content)
  return {
    system: words(instructions),
    assistant: words(blocks('assistant')),
    calls: blocks('assistant').flatMap(block => (block.type === 'toolCall' ? [[block.name, parsed(block)]] : [])),
    tools: tools.flatMap(tool => (tool.type === 'function' ? [tool.name] : [])),
    choice: tools.some(tool => tool.type === 'function') ? choiceOf(toolChoice) : 'auto',
  }
}

function choiceOf(choice: ToolChoice | undefined): string {
  const word = choice?.type === 'allowed' ? choice.mode : choice?.type
  return word === undefined || word === 'validated' ? 'auto' : word
}

function words(blocks: readonly Block[]): string {
  return blocks
    .map(block => (block.type === 'text' || block.type === 'refusal' ? block.text : ''))
    .join('')
    .replaceAll(/\s+/g, '')
}

function parsed({ input, inputType }: Block & { readonly type: 'toolCall' }): unknown {
  if (inputType === 'text') return { input }
  try {
    return input === '' ? {} : sorted(JSON.parse(input))
  } catch {
    return {}
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}
