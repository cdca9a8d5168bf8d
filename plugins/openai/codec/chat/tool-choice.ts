import {
  type Diagnostics,
  Fields,
  isObject,
  type JsonObject,
  restore,
  shapeOf,
  type ToolChoice,
  type ToolReference,
} from 'lunaroute/neutral'
import { readAllowed, readWord, writeChoice } from '../shared/tool-choice.ts'
import { DIALECT } from './name.ts'

/** Reads `tool_choice`, or the old `function_call`. */
export function readToolChoice(f: Fields): ToolChoice | undefined {
  const value = f.value('tool_choice')
  if (value !== undefined) return readChoice(value) ?? { type: 'native', dialect: DIALECT, value }
  const legacy = f.value('function_call')
  if (legacy === undefined) return undefined
  const choice = isObject(legacy) ? readLegacy(legacy) : readChoice(legacy)
  return choice ? { ...choice, extra: LEGACY } : f.leave('function_call')
}

/** Writes it into the field it stood in. */
export function writeToolChoice(choice: ToolChoice | undefined, diagnostics: Diagnostics): JsonObject {
  if (!choice) return {}
  if (shapeOf(choice.extra, DIALECT, 'in') !== 'function_call') {
    return { tool_choice: writeChoice(choice, diagnostics, FORM) }
  }
  return { function_call: choice.type === 'tool' ? { name: choice.tool.name } : choice.type }
}

const LEGACY = { [DIALECT]: { shapes: { in: 'function_call' } } }

function readChoice(value: unknown): ToolChoice | undefined {
  const word = readWord(value)
  if (word || !isObject(value)) return word
  const f = new Fields(value)
  if (f.constant('type', 'allowed_tools')) {
    const allowed = readAllowed(f.nested('allowed_tools'), readReference)
    return allowed && { ...allowed, extra: f.extra(DIALECT) }
  }
  const tool = readReference(value)
  return tool && { type: 'tool', tool }
}

function readReference(value: unknown): ToolReference | undefined {
  if (!isObject(value)) return undefined
  const f = new Fields(value)
  const kind = f.constant('type', 'custom') ? 'custom' : f.constant('type', 'function') ? 'function' : undefined
  const name = kind && f.nested(kind)?.string('name')
  if (name === undefined) return undefined
  return { type: 'reference', name, of: kind, extra: f.extra(DIALECT) }
}

function readLegacy(native: JsonObject): ToolChoice | undefined {
  const { name, ...rest } = native
  if (typeof name !== 'string' || Object.keys(rest).length > 0) return undefined
  return { type: 'tool', tool: { type: 'reference', name } }
}

function writeReference({ name, of, extra }: ToolReference): JsonObject {
  const kind = of === 'custom' ? 'custom' : 'function'
  return restore({ type: kind, [kind]: { name } }, extra, DIALECT)
}

const FORM = {
  dialect: DIALECT,
  api: 'chat',
  writeReference,
  writeAllowed: (fields: JsonObject) => ({ allowed_tools: fields }),
}
