import { isObject, type JsonObject } from 'lunaroute/neutral'

/** What an item of a request is. */
export type Kind = 'text' | 'instruction' | 'tool' | 'call' | 'result' | 'media'

/** One thing that must not be lost: where it stands, in its own dialect's words, and what it says. */
export interface Item {
  readonly kind: Kind
  readonly path: string
  /** A text, the name of a tool, the JSON of a call's input, the bytes or the address of a picture. */
  readonly said: string
  /** The tool that is called. */
  readonly name?: string
}

type Read = (body: JsonObject, add: Add) => void
type Add = (kind: Kind, path: string, said: unknown, name?: unknown) => void

/** Everything a request of a dialect holds, read from its JSON without the codecs. */
export function censusOf(dialect: string, body: JsonObject): readonly Item[] {
  const items: Item[] = []
  READERS[dialect]!(body, (kind, path, said, name) => {
    if (typeof said !== 'string' || (said === '' && kind !== 'call')) return
    items.push(typeof name === 'string' ? { kind, path, said, name } : { kind, path, said })
  })
  return items
}

const READERS: Readonly<Record<string, Read>> = {
  'openai-chat'(body, add) {
    each(body.tools, 'tools', (tool, at) => add('tool', at, field(tool.function ?? tool.custom, 'name')))
    each(body.functions, 'functions', (tool, at) => add('tool', at, tool.name))
    each(body.messages, 'messages', (message, at) => {
      const { role } = message
      const isResult = role === 'tool' || role === 'function'
      parts(message.content, `${at}.content`, isResult ? 'result' : kindOf(role), add)
      add('text', `${at}.refusal`, message.refusal)
      each(message.tool_calls, `${at}.tool_calls`, (call, path) => {
        if (isObject(call.function)) add('call', path, json(call.function.arguments), call.function.name)
        else add('call', path, JSON.stringify({ input: field(call.custom, 'input') }), field(call.custom, 'name'))
      })
      const { function_call: old } = message
      if (isObject(old) && old.name) add('call', `${at}.function_call`, json(old.arguments), old.name)
    })
  },
  'openai-responses'(body, add) {
    add('instruction', 'instructions', body.instructions)
    if (typeof body.input === 'string') add('text', 'input', body.input)
    const tools = (list: unknown, path: string): void =>
      each(list, path, (tool, at) => {
        if (tool.type === 'function' || tool.type === 'custom') add('tool', at, tool.name)
        if (tool.type === 'namespace') tools(tool.tools, `${at}.tools`)
      })
    tools(body.tools, 'tools')
    each(body.input, 'input', (item, at) => {
      const { type = 'message', role } = item
      if (type === 'message') parts(item.content, `${at}.content`, kindOf(role), add)
      if (type === 'function_call') add('call', at, json(item.arguments), item.name)
      if (type === 'custom_tool_call') add('call', at, JSON.stringify({ input: item.input }), item.name)
      if (type === 'function_call_output' || type === 'custom_tool_call_output') {
        parts(item.output, `${at}.output`, 'result', add)
      }
      if (type === 'additional_tools') tools(item.tools, `${at}.tools`)
    })
  },
  'anthropic-messages'(body, add) {
    parts(body.system, 'system', 'instruction', add)
    each(body.tools, 'tools', (tool, at) => {
      if (tool.type === undefined || tool.type === null || tool.type === 'custom') add('tool', at, tool.name)
    })
    each(body.messages, 'messages', ({ role, content }, at) => {
      parts(content, `${at}.content`, kindOf(role), add)
      each(content, `${at}.content`, (block, path) => {
        if (block.type === 'tool_use') add('call', path, JSON.stringify(block.input), block.name)
        if (block.type === 'tool_result') parts(block.content, `${path}.content`, 'result', add)
      })
    })
  },
  gemini(body, add) {
    contents(body.systemInstruction ?? body.system_instruction, 'systemInstruction', 'instruction', add)
    if (isObject(body.contents)) contents(body.contents, 'contents', 'text', add)
    each(body.contents, 'contents', (content, at) => contents(content, at, 'text', add))
    each(Array.isArray(body.tools) ? body.tools : [body.tools], 'tools', (tool, at) => {
      for (const key of ['functionDeclarations', 'function_declarations']) {
        const group = Array.isArray(body.tools) ? at : 'tools'
        each(tool[key], `${group}.${key}`, (declared, path) => add('tool', path, declared.name))
      }
    })
  },
}

/** Content in any OpenAI dialect or in Messages: a text, or a list of parts. */
function parts(content: unknown, path: string, kind: Kind, add: Add): void {
  add(kind, path, content)
  if (!Array.isArray(content)) return
  for (const [i, part] of content.entries()) {
    const at = `${path}[${i}]`
    add(kind, at, part)
    if (!isObject(part)) continue
    const { type } = part
    if (['text', 'input_text', 'output_text'].includes(String(type))) add(kind, at, part.text)
    if (type === 'refusal') add(kind, at, part.refusal)
    const file = isObject(part.file) ? part.file : part
    add('media', at, bytesIn(field(part.image_url, 'url') ?? part.image_url))
    add('media', at, bytesIn(file.file_data ?? file.file_url))
    add('media', at, field(part.input_audio, 'data'))
    if (type === 'image' || type === 'document') {
      const source = isObject(part.source) ? part.source : {}
      add(source.type === 'text' ? kind : 'media', at, source.data ?? source.url)
      // Blocks within a document have no path of their own.
      if (source.type === 'content') parts(source.content, at, kind, (each, _, said) => add(each, at, said))
    }
    if (type === 'search_result') parts(part.content, at, kind, (each, _, said) => add(each, at, said))
  }
}

function contents(content: unknown, path: string, kind: Kind, add: Add): void {
  add(kind, path, content)
  const given = isObject(content) ? content.parts : undefined
  if (isObject(given)) readPart(given, `${path}.parts`, kind, add)
  each(given, `${path}.parts`, (part, at) => readPart(part, at, kind, add))
}

function readPart(part: JsonObject, at: string, kind: Kind, add: Add): void {
  if (part.thought !== true) add(kind, at, part.text)
  const call = part.functionCall ?? part.function_call
  if (isObject(call)) add('call', at, JSON.stringify(call.args ?? {}), call.name)
  media(part, at, add)
  const result = part.functionResponse ?? part.function_response
  if (!isObject(result)) return
  each(result.parts, `${at}.functionResponse.parts`, (inner, path) => media(inner, path, add))
  // Words alone stand under `output` or `error`, anything else is JSON.
  if (!isObject(result.response)) return
  const { output, error, ...others } = result.response
  const words = Object.keys(others).length === 0 ? (output ?? error) : undefined
  add('result', at, typeof words === 'string' ? words : JSON.stringify(result.response))
}

function media(part: JsonObject, at: string, add: Add): void {
  const file = part.fileData ?? part.file_data
  add('media', at, field(part.inlineData ?? part.inline_data, 'data'))
  add('media', at, field(file, 'fileUri') ?? field(file, 'file_uri'))
}

function kindOf(role: unknown): Kind {
  return role === 'system' || role === 'developer' ? 'instruction' : 'text'
}

/** JSON without its spaces. */
function json(text: unknown): unknown {
  try {
    return typeof text !== 'string' ? text : text === '' ? '{}' : JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
}

/** A data URL's bytes, any other address whole. */
function bytesIn(url: unknown): unknown {
  return typeof url === 'string' && url.startsWith('data:') ? url.slice(url.indexOf(',') + 1) : url
}

function field(value: unknown, key: string): unknown {
  return isObject(value) ? value[key] : undefined
}

function each(list: unknown, path: string, visit: (value: JsonObject, at: string) => void): void {
  if (!Array.isArray(list)) return
  for (const [i, value] of list.entries()) if (isObject(value)) visit(value, `${path}[${i}]`)
}
