import type { LlmRequest } from 'lunaroute'

/** What the rules may look at of a request. Each thing is worked out when a rule first asks for it. */
export interface RoutingRequest {
  readonly model: string | undefined
  readonly listener: string
  /** `openai-chat`, `openai-responses`, `anthropic-messages` or `gemini`. */
  readonly dialect: string
  readonly path: string
  readonly isStream: boolean
  /** Estimated: a token is four bytes of the body. */
  readonly tokens: number
  readonly hasTools: boolean
  readonly hasImages: boolean
  /** By lower-case name. Credentials are not told. */
  header(name: string): string | undefined
  query(name: string): string | undefined
  /** A field of the body's `metadata`. */
  metadata(name: string): string | undefined
  /** The whole body, parsed. */
  json(): unknown
}

/** What is asked of a request to route it. */
export type Routable = Pick<
  LlmRequest,
  'head' | 'dialect' | 'endpoint' | 'model' | 'isStream' | 'bytes' | 'peek' | 'json'
>

export class Facts implements RoutingRequest {
  readonly model: string | undefined
  readonly listener: string
  readonly dialect: string
  readonly request: Routable
  #query: URLSearchParams | undefined
  #metadata: unknown
  #hasTools: boolean | undefined
  #hasImages: boolean | undefined

  /** `model` is the request's own, or what it is an alias of. */
  constructor(request: Routable, listener: string, model: string | undefined) {
    this.request = request
    this.model = model
    this.listener = listener
    this.dialect = request.dialect.name
  }

  get path(): string {
    return this.request.head.path
  }

  get isStream(): boolean {
    return this.request.isStream
  }

  get tokens(): number {
    return Math.ceil(this.request.bytes.length / 4)
  }

  get hasTools(): boolean {
    this.#hasTools ??= TOOL_FIELDS.some(field => {
      if (!this.request.bytes.includes(`"${field}"`)) return false
      return isFilled(this.request.peek(field)) || isFilled(this.#counted()?.[field])
    })
    return this.#hasTools
  }

  get hasImages(): boolean {
    const { bytes } = this.request
    this.#hasImages ??=
      IMAGE_MARKS.some(mark => bytes.includes(mark)) &&
      [this.request.json(), this.#counted()].some(
        body => isObject(body) && CONVERSATIONS.some(field => holdsImage(body[field], 0)),
      )
    return this.#hasImages
  }

  header(name: string): string | undefined {
    return this.request.head.get(name.toLowerCase())
  }

  /** Of credentials, too. */
  hasHeader(name: string): boolean {
    return this.request.head.has(name)
  }

  query(name: string): string | undefined {
    this.#query ??= new URLSearchParams(this.request.head.query)
    return this.#query.get(name) ?? undefined
  }

  metadata(name: string): string | undefined {
    this.#metadata ??= this.request.peek('metadata') ?? {}
    const value = isObject(this.#metadata) ? this.#metadata[name] : undefined
    return value === undefined || value === null ? undefined : typeof value === 'string' ? value : JSON.stringify(value)
  }

  json(): unknown {
    return this.request.json()
  }

  /** What a request to count tokens is about may stand in a request within it. */
  #counted(): Readonly<Record<string, unknown>> | undefined {
    if (this.request.endpoint.operation !== 'count-tokens') return undefined
    const body = this.request.json()
    const found = isObject(body) && (body.generateContentRequest ?? body.generate_content_request)
    return isObject(found) ? found : undefined
  }
}

const TOOL_FIELDS = ['tools', 'functions']

/** Lists of proto JSON may be a single object. */
function isFilled(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : isObject(value)
}

const CONVERSATIONS = ['messages', 'input', 'contents']
/** A body without any of these holds no image: most are told so without being parsed. */
const IMAGE_MARKS = [
  '"image',
  '"input_image"',
  '"computer_screenshot"',
  '"inlineData"',
  '"inline_data"',
  '"fileData"',
  '"file_data"',
]
const IMAGE_TYPES = new Set<unknown>(['image', 'image_url', 'input_image', 'computer_screenshot'])
/** What is inside a message, a piece of it, or the result of a tool. The input of a tool is data, whatever it looks like. */
const INSIDE = ['parts', 'content', 'output', 'source', 'functionResponse', 'function_response']
const DEPTH_LIMIT = 12

/** Whether a message, at whatever depth, has a block that is an image in one of the dialects. */
function holdsImage(value: unknown, depth: number): boolean {
  if (depth > DEPTH_LIMIT) return false
  if (Array.isArray(value)) return value.some(each => holdsImage(each, depth + 1))
  if (!isObject(value)) return false
  if (IMAGE_TYPES.has(value.type)) return true
  const data = value.inlineData ?? value.inline_data ?? value.fileData ?? value.file_data
  if (isObject(data) && /^image\//i.test(String(data.mimeType ?? data.mime_type))) return true
  return INSIDE.some(key => holdsImage(value[key], depth + 1))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
