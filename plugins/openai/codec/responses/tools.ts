import { Fields, isObject, type JsonObject, restore, type ToolDefinition, type ToolReference } from 'lunaroute/neutral'
import { DIALECT } from './name.ts'
import { readProviderTool, writeProviderTool } from './provider-tools.ts'
import type { WriteContext } from './write-context.ts'

/** Reads a list of tools. */
export function readToolList(values: readonly unknown[], at: string): readonly ToolDefinition[] {
  return values.map((value, i) => readTool(value, `${at}[${i}]`))
}

/** Writes a list of tools. */
export function writeTools(tools: readonly (ToolDefinition | ToolReference)[], context: WriteContext): unknown[] {
  return tools.flatMap(tool => {
    const written = tool.type === 'reference' ? undefined : writeTool(tool, context)
    if (tool.type !== 'reference' && tool.cacheMark) {
      context.diagnostics.dropped(`${pathOf(tool)}.cacheMark`, 'responses has no cache breakpoints on tools')
    }
    if (written === undefined) context.diagnostics.dropped(pathOf(tool), `responses has no ${wordFor(tool)} tool`)
    return written === undefined ? [] : [written]
  })
}

const EMPTY_SCHEMA = { type: 'object', properties: {} }

function readTool(value: unknown, at: string): ToolDefinition {
  const native: ToolDefinition = { type: 'native', dialect: DIALECT, value, at }
  if (!isObject(value)) return native
  const f = new Fields(value)
  const type = f.peek('type')
  const read = typeof type === 'string' && Object.hasOwn(READERS, type) ? READERS[type]! : readProviderTool
  return read(f, at) ?? native
}

const READERS: Readonly<Record<string, (f: Fields, at: string) => ToolDefinition | undefined>> = {
  function(f, at) {
    f.string('type')
    const name = f.string('name')
    if (name === undefined) return undefined
    f.optional('strict', 'parameters')
    return {
      type: 'function',
      name,
      description: f.string('description'),
      parameters: f.object('parameters'),
      resultSchema: f.object('output_schema'),
      isStrict: f.boolean('strict'),
      isDeferred: f.boolean('defer_loading'),
      at,
      extra: f.extra(DIALECT),
    }
  },
  custom(f, at) {
    f.string('type')
    const name = f.string('name')
    if (name === undefined) return undefined
    return {
      type: 'custom',
      name,
      description: f.string('description'),
      grammar: readGrammar(f),
      isDeferred: f.boolean('defer_loading'),
      at,
      extra: f.extra(DIALECT),
    }
  },
  namespace(f, at) {
    f.string('type')
    const [name, tools] = [f.string('name'), f.list('tools')]
    if (name === undefined || !tools) return undefined
    return {
      type: 'namespace',
      name,
      description: f.string('description'),
      tools: readToolList(tools, `${at}.tools`),
      at,
      extra: f.extra(DIALECT),
    }
  },
}

function writeTool(tool: ToolDefinition, context: WriteContext): unknown {
  switch (tool.type) {
    case 'native':
      return tool.dialect === DIALECT ? tool.value : undefined
    case 'function': {
      const { name, description, parameters, isStrict, isDeferred, resultSchema, extra } = tool
      const written: JsonObject = {
        type: 'function',
        name,
        description,
        parameters,
        strict: isStrict,
        output_schema: resultSchema,
        defer_loading: isDeferred,
      }
      // Responses takes a function for strict unless it is told otherwise, and refuses schemas that are not.
      return restore(written, extra, DIALECT, { strict: false, parameters: EMPTY_SCHEMA })
    }
    case 'custom': {
      const { name, description, grammar, isDeferred, extra } = tool
      const format = grammar && { type: 'grammar', syntax: grammar.syntax, definition: grammar.definition }
      return restore({ type: 'custom', name, description, format, defer_loading: isDeferred }, extra, DIALECT)
    }
    case 'namespace': {
      const { name, description, tools, extra } = tool
      return restore({ type: 'namespace', name, description, tools: writeTools(tools, context) }, extra, DIALECT)
    }
    case 'provider':
      return writeProviderTool(tool, context)
  }
}

function readGrammar(f: Fields) {
  const native = f.object('format')
  const g = native && new Fields(native)
  const isGrammar = g?.constant('type', 'grammar')
  const [syntax, definition] = [g?.string('syntax'), g?.string('definition')]
  const isWhole = isGrammar && syntax !== undefined && definition !== undefined && !g?.extra(DIALECT)
  return isWhole ? { syntax, definition } : f.leave('format')
}

function pathOf(tool: ToolDefinition | ToolReference): string {
  return ('at' in tool ? tool.at : undefined) ?? 'tools'
}

function wordFor(tool: ToolDefinition | ToolReference): string {
  return tool.type === 'provider' ? tool.kind : tool.type
}
