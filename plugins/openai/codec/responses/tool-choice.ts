import {
  type Diagnostics,
  Fields,
  isObject,
  type JsonObject,
  restore,
  type ToolChoice,
  type ToolReference,
} from 'lunaroute/neutral'
import { DIALECT } from './name.ts'

const VALIDATED = 'only gemini checks calls without asking for one'
const WORDS = ['auto', 'none', 'required'] as const

/** Reads `tool_choice`. */
export function readToolChoice(f: Fields): ToolChoice | undefined {
  const value = f.value('tool_choice')
  if (value === undefined) return undefined
  const word = WORDS.find(word => word === value)
  if (word) return { type: word }
  return readChoice(value) ?? { type: 'native', dialect: DIALECT, value }
}

/** Writes it. */
export function writeToolChoice(choice: ToolChoice | undefined, diagnostics: Diagnostics): unknown {
  if (!choice) return undefined
  switch (choice.type) {
    case 'native':
      if (choice.dialect === DIALECT) return choice.value
      return diagnostics.dropped('toolChoice', `responses has no counterpart to this choice of ${choice.dialect}`)
    case 'tool':
      return writeReference(choice.tool)
    case 'allowed': {
      const mode = choice.mode === 'validated' ? 'auto' : choice.mode
      return restore({ type: 'allowed_tools', mode, tools: choice.tools.map(writeReference) }, choice.extra, DIALECT)
    }
    case 'validated':
      diagnostics.changed('toolChoice', VALIDATED)
      return 'auto'
    default:
      return choice.type
  }
}

function readChoice(value: unknown): ToolChoice | undefined {
  if (!isObject(value)) return undefined
  const f = new Fields(value)
  if (f.constant('type', 'allowed_tools')) {
    const [mode, tools] = [f.string('mode'), f.list('tools')?.map(readReference)]
    const isKnown = (mode === 'auto' || mode === 'required') && tools?.every(tool => tool !== undefined)
    return isKnown ? { type: 'allowed', mode, tools, extra: f.extra(DIALECT) } : undefined
  }
  const tool = readReference(value)
  return tool && { type: 'tool', tool }
}

function readReference(value: unknown): ToolReference | undefined {
  if (!isObject(value)) return undefined
  const f = new Fields(value)
  const type = f.string('type')
  const of = type === 'function' || type === 'custom' || type === 'mcp' ? type : 'provider'
  // A hosted tool is named by its type, an MCP server by its label; the tool on that server stays in the remainder.
  const name = of === 'provider' ? type : f.string(of === 'mcp' ? 'server_label' : 'name')
  return name === undefined ? undefined : { type: 'reference', name, of, extra: f.extra(DIALECT) }
}

function writeReference({ name, of = 'function', extra }: ToolReference): JsonObject {
  if (of === 'provider') return restore({ type: name }, extra, DIALECT)
  return restore(of === 'mcp' ? { type: of, server_label: name } : { type: of, name }, extra, DIALECT)
}
