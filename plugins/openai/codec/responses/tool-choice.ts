import {
  type Diagnostics,
  Fields,
  isObject,
  type JsonObject,
  restore,
  type ToolChoice,
  type ToolReference,
} from 'lunaroute/neutral'
import { readAllowed, readWord, writeChoice } from '../shared/tool-choice.ts'
import { DIALECT } from './name.ts'

/** Reads `tool_choice`. */
export function readToolChoice(f: Fields): ToolChoice | undefined {
  const value = f.value('tool_choice')
  if (value === undefined) return undefined
  return readWord(value) ?? readChoice(value) ?? { type: 'native', dialect: DIALECT, value }
}

/** Writes it. */
export function writeToolChoice(choice: ToolChoice | undefined, diagnostics: Diagnostics): unknown {
  return choice && writeChoice(choice, diagnostics, FORM)
}

function readChoice(value: unknown): ToolChoice | undefined {
  if (!isObject(value)) return undefined
  const f = new Fields(value)
  if (f.constant('type', 'allowed_tools')) {
    const allowed = readAllowed(f, readReference)
    return allowed && { ...allowed, extra: f.extra(DIALECT) }
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

const FORM = { dialect: DIALECT, api: 'responses', writeReference, writeAllowed: (fields: JsonObject) => fields }
