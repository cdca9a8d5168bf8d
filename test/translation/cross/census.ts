import { isObject, type JsonObject } from 'lunaroute/neutral'

/** What a request holds, read from its JSON without the codecs. */
export interface Census {
  /** Texts of the conversation and the instructions, each as it stands. */
  readonly texts: string[]
  readonly instructions: string[]
  /** Names of the tools that the client runs. */
  readonly tools: string[]
  readonly calls: { readonly name: string; readonly input: string }[]
  /** Texts of results. */
  readonly results: string[]
  /** Bytes or address of every picture, document and sound. */
  readonly media: string[]
}

type Counter = (body: JsonObject, census: Census) => void

/** Counts what a request of a dialect holds. */
export function censusOf(dialect: string, body: JsonObject): Census {
  const census: Census = { texts: [], instructions: [], tools: [], calls: [], results: [], media: [] }
  COUNTERS[dialect]!(body, census)
  return census
}

const COUNTERS: Readonly<Record<string, Counter>> = {
  'openai-chat'(body, census) {
    for (const tool of objectsIn(body.tools)) add(census.tools, field(tool.function ?? tool.custom, 'name'))
    for (const message of objectsIn(body.messages)) {
      const { role } = message
      const isResult = role === 'tool' || role === 'function'
      const isInstruction = role === 'system' || role === 'developer'
      const into = isResult ? census.results : isInstruction ? census.instructions : census.texts
      parts(message.content, into, census)
      for (const call of objectsIn(message.tool_calls)) {
        const inner = isObject(call.function) ? call.function : isObject(call.custom) ? call.custom : {}
        addCall(census, inner.name, isObject(call.function) ? inner.arguments : { input: inner.input })
      }
    }
  },
  'openai-responses'(body, census) {
    add(census.instructions, body.instructions)
    if (typeof body.input === 'string') census.texts.push(body.input)
    const tools = (list: unknown) => {
      for (const tool of objectsIn(list)) {
        if (tool.type === 'function' || tool.type === 'custom') add(census.tools, tool.name)
        if (tool.type === 'namespace') tools(tool.tools)
      }
    }
    tools(body.tools)
    for (const item of objectsIn(body.input)) {
      const { type = 'message', role } = item
      if (type === 'message') parts(item.content, isInstructing(role) ? census.instructions : census.texts, census)
      if (type === 'function_call') addCall(census, item.name, item.arguments)
      if (type === 'custom_tool_call') addCall(census, item.name, { input: item.input })
      if (type === 'function_call_output' || type === 'custom_tool_call_output') {
        parts(item.output, census.results, census)
      }
      if (type === 'additional_tools') tools(item.tools)
    }
  },
  'anthropic-messages'(body, census) {
    parts(body.system, census.instructions, census)
    for (const tool of objectsIn(body.tools)) {
      if (tool.type === undefined || tool.type === null || tool.type === 'custom') add(census.tools, tool.name)
    }
    for (const { role, content } of objectsIn(body.messages)) {
      parts(content, isInstructing(role) ? census.instructions : census.texts, census)
      for (const block of objectsIn(content)) {
        if (block.type === 'tool_use') addCall(census, block.name, block.input)
        if (block.type === 'tool_result') parts(block.content, census.results, census)
      }
    }
  },
  gemini(body, census) {
    const system = body.systemInstruction ?? body.system_instruction
    contents(system, census.instructions, census)
    for (const content of listOf(body.contents)) contents(content, census.texts, census)
    for (const tool of objectsIn(body.tools)) {
      const functions = objectsIn(tool.functionDeclarations ?? tool.function_declarations)
      for (const each of functions) add(census.tools, each.name)
    }
  },
}

/** Content in any OpenAI dialect or in Messages: a text, or a list of parts. */
function parts(content: unknown, into: string[], census: Census): void {
  if (typeof content === 'string') add(into, content)
  for (const part of listOf(content)) {
    if (typeof part === 'string') add(into, part)
    if (!isObject(part)) continue
    const { type } = part
    if (['text', 'input_text', 'output_text'].includes(String(type))) add(into, part.text)
    if (type === 'refusal') add(into, part.refusal)
    const file = isObject(part.file) ? part.file : part
    add(census.media, bytesIn(field(part.image_url, 'url') ?? part.image_url))
    add(census.media, bytesIn(file.file_data ?? file.file_url))
    add(census.media, field(part.input_audio, 'data'))
    if (type === 'image' || type === 'document') {
      const source = isObject(part.source) ? part.source : {}
      const isText = source.type === 'text'
      add(isText ? into : census.media, source.data ?? source.url)
      if (source.type === 'content') parts(source.content, into, census)
    }
  }
}

function contents(content: unknown, into: string[], census: Census): void {
  if (typeof content === 'string') add(into, content)
  const given = isObject(content) ? (content.parts ?? content) : undefined
  for (const part of Array.isArray(given) ? objectsIn(given) : isObject(given) ? [given] : []) {
    if (part.thought !== true) add(into, part.text)
    const call = part.functionCall ?? part.function_call
    if (isObject(call)) addCall(census, call.name, call.args ?? {})
    media(part, census)
    const result = part.functionResponse ?? part.function_response
    if (!isObject(result)) continue
    for (const inner of objectsIn(result.parts)) media(inner, census)
    response(result.response, census)
  }
}

/** What a tool said: words alone stand under `output`, `result` or `error`, anything else is JSON. */
function response(value: unknown, census: Census): void {
  if (!isObject(value)) return
  const [only, ...others] = Object.values(value)
  add(census.results, others.length === 0 && typeof only === 'string' ? only : JSON.stringify(value))
}

function media(part: JsonObject, census: Census): void {
  const inline = part.inlineData ?? part.inline_data
  const file = part.fileData ?? part.file_data
  add(census.media, field(inline, 'data'))
  add(census.media, field(file, 'fileUri') ?? field(file, 'file_uri'))
}

function addCall(census: Census, name: unknown, input: unknown): void {
  census.calls.push({ name: String(name), input: typeof input === 'string' ? normal(input) : JSON.stringify(input) })
}

/** JSON without its spaces. */
function normal(text: string): string {
  try {
    return text === '' ? '{}' : JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
}

/** A data URL's bytes, any other address whole. */
function bytesIn(url: unknown): unknown {
  return typeof url === 'string' && url.startsWith('data:') ? url.slice(url.indexOf(',') + 1) : url
}

function isInstructing(role: unknown): boolean {
  return role === 'system' || role === 'developer'
}

function add(list: string[], value: unknown): void {
  if (typeof value === 'string' && value !== '') list.push(value)
}

function field(value: unknown, key: string): unknown {
  return isObject(value) ? value[key] : undefined
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
}

function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
