import {
  type Diagnostics,
  type Fields,
  type JsonObject,
  restore,
  type ToolChoice,
  type ToolReference,
} from 'lunaroute/neutral'

const WORDS = ['auto', 'none', 'required'] as const

/** A choice that is one word. */
export function readWord(value: unknown): ToolChoice | undefined {
  const word = WORDS.find(word => word === value)
  return word && { type: word }
}

/** A choice among some tools, from the fields that hold `mode` and `tools`. */
export function readAllowed(
  f: Fields | undefined,
  readReference: (value: unknown) => ToolReference | undefined,
): Pick<Extract<ToolChoice, { type: 'allowed' }>, 'type' | 'mode' | 'tools'> | undefined {
  const [mode, tools] = [f?.string('mode'), f?.list('tools')?.map(readReference)]
  const isKnown = (mode === 'auto' || mode === 'required') && tools?.every(tool => tool !== undefined)
  return isKnown ? { type: 'allowed', mode, tools } : undefined
}

/** The request without what may not stand beside no tools. `names` says how the dialect calls its tools. */
export function withoutToolless(body: JsonObject, names: readonly string[], diagnostics: Diagnostics): JsonObject {
  if (names.some(name => Array.isArray(body[name]) && (body[name] as readonly unknown[]).length > 0)) return body
  const { tool_choice: choice, function_call: _, parallel_tool_calls: __, ...rest } = body
  if (choice !== undefined && choice !== 'auto' && choice !== 'none') {
    diagnostics.dropped('toolChoice', 'there is no tool to be chosen')
  }
  return rest
}

/** How one of OpenAI's dialects writes a choice. */
export interface ChoiceForm {
  readonly dialect: string
  /** The name of the API, for diagnostics. */
  readonly api: string
  readonly writeReference: (tool: ToolReference) => JsonObject
  /** Where a choice among some tools keeps its fields. */
  readonly writeAllowed: (fields: JsonObject) => JsonObject
}

export function writeChoice(choice: ToolChoice, diagnostics: Diagnostics, form: ChoiceForm): unknown {
  const { dialect, api, writeReference, writeAllowed } = form
  switch (choice.type) {
    case 'native':
      if (choice.dialect === dialect) return choice.value
      return diagnostics.dropped('toolChoice', `${api} has no counterpart to this choice of ${choice.dialect}`)
    case 'tool':
      return writeReference(choice.tool)
    case 'allowed': {
      const mode = choice.mode === 'validated' ? 'auto' : choice.mode
      const fields = writeAllowed({ mode, tools: choice.tools.map(writeReference) })
      return restore({ type: 'allowed_tools', ...fields }, choice.extra, dialect)
    }
    case 'validated':
      diagnostics.changed('toolChoice', 'only gemini checks calls without asking for one')
      return 'auto'
    default:
      return choice.type
  }
}
