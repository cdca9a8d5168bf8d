import { isSpace, skipSpace } from './body/json-skip.ts'
import { type FieldRange, readValue, type Scan, scanFields, scanFirst } from './body/scan.ts'
import { spliceFields } from './body/splice.ts'
import type { Dialect, Endpoint, RequestHead } from './dialect.ts'
import type { PathModel } from './endpoints.ts'
import { GatewayError } from './errors.ts'
import type { LlmRequest } from './request.ts'

/** Where a request leaves for: the client's own path unless the model in it was changed. */
export interface Target {
  readonly path: string
  readonly query: string
}

/** A request kept as the bytes it came in. The body is scanned when a field is first asked for, and parsed only by `json`. */
export class JsonRequest implements LlmRequest {
  readonly head: RequestHead
  readonly dialect: Dialect
  readonly endpoint: Endpoint
  readonly bytes: Buffer
  readonly target: Target
  readonly #pathModel: PathModel | null
  #scan: Scan | undefined
  #json: unknown
  /** Null until they have been asked for; many plugins do. */
  #model: string | undefined | null = null
  #isStream: boolean | null = null

  constructor(
    head: RequestHead,
    dialect: Dialect,
    endpoint: Endpoint,
    bytes: Buffer,
    pathModel: PathModel | null,
    target: Target,
  ) {
    this.head = head
    this.dialect = dialect
    this.endpoint = endpoint
    this.bytes = bytes
    this.target = target
    this.#pathModel = pathModel
  }

  get model(): string | undefined {
    if (this.#pathModel) return this.#pathModel.name
    if (this.#model === null) {
      const model = this.#glance('model')
      this.#model = typeof model === 'string' ? model : undefined
    }
    return this.#model
  }

  get modelLabel(): string | undefined {
    if (this.#pathModel || this.#scan || this.endpoint.body !== 'json' || this.bytes.length === 0) return this.model
    const range = scanFirst(this.bytes, 'model')
    try {
      const model = range && readValue(this.bytes, range)
      return typeof model === 'string' ? model : undefined
    } catch {
      // What is no JSON names no model.
      return undefined
    }
  }

  get isStream(): boolean {
    this.#isStream ??= this.endpoint.stream !== undefined || this.#glance('stream') === true
    return this.#isStream
  }

  peek(field: string): unknown {
    const range = this.#range(field)
    if (!range) return undefined
    try {
      return readValue(this.bytes, range)
    } catch (error) {
      throw malformed(`${(error as Error).message}, in "${field}"`)
    }
  }

  slices(fields: readonly string[]): readonly (Buffer | undefined)[] {
    if (!this.#hasFields) return fields.map(() => undefined)
    return rangesOf(scanFields(this.bytes, fields)).map(range => range && this.bytes.subarray(range.start, range.end))
  }

  json(): unknown {
    if (this.#json !== undefined || this.bytes.length === 0) return this.#json
    try {
      this.#json = JSON.parse(this.bytes.toString())
    } catch (error) {
      // Not as the cause: causes are logged, and the message quotes the client's text.
      throw malformed((error as Error).message)
    }
    return this.#json
  }

  with(fields: Readonly<Record<string, unknown>>): LlmRequest {
    if (!this.#hasFields) return this
    const edits = Object.entries(fields).map(([field, value]) => ({ field, value, range: this.#range(field) }))
    return this.#copy(spliceFields(this.bytes, edits))
  }

  withModel(model: string): LlmRequest {
    const named = this.#pathModel
    if (!named) return this.with({ model })
    const name = encodeURI(model).replace(/[?#]/g, encodeURIComponent)
    const path = this.target.path.slice(0, named.start) + name + this.target.path.slice(named.end)
    const pathModel = { name: model, start: named.start, end: named.start + name.length }
    return this.#copy(this.bytes, pathModel, { ...this.target, path })
  }

  withBody(body: Uint8Array | object): LlmRequest {
    if (Buffer.isBuffer(body)) return this.#copy(body)
    if (body instanceof Uint8Array) return this.#copy(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
    return this.#copy(Buffer.from(JSON.stringify(body)))
  }

  #copy(bytes: Buffer, pathModel = this.#pathModel, target = this.target): LlmRequest {
    return new JsonRequest(this.head, this.dialect, this.endpoint, bytes, pathModel, target)
  }

  /** Like `peek`, but broken JSON has no fields: logs and outcomes ask too, where nobody is left to refuse it to. */
  #glance(field: string): unknown {
    try {
      return this.peek(field)
    } catch {
      return undefined
    }
  }

  get #hasFields(): boolean {
    return this.endpoint.body === 'json' && this.bytes.length > 0
  }

  /** A field outside the dialect's list is found too, at the price of another scan. */
  #range(field: string): FieldRange | undefined {
    if (!this.#hasFields) return undefined
    const index = this.dialect.peek.indexOf(field)
    if (index < 0) return rangesOf(scanFields(this.bytes, [field]))[0]
    this.#scan ??= scanFields(this.bytes, this.dialect.peek)
    return rangesOf(this.#scan)[index]
  }
}

function rangesOf(scan: Scan): readonly (FieldRange | undefined)[] {
  if (scan.ok) return scan.ranges
  throw malformed(`${scan.reason} at byte ${scan.at}`)
}

function malformed(detail: string): GatewayError {
  return new GatewayError('LR_BAD_JSON', 400, `the request body is not valid JSON: ${detail}`)
}

/** Refuses what cannot be a JSON object at a glance: two bytes looked at, none parsed. */
export function checkObject(bytes: Buffer): void {
  if (bytes.length === 0) throw new GatewayError('LR_BAD_JSON', 400, 'the request body is empty; send a JSON object')
  if (bytes[0] === OPEN && bytes[bytes.length - 1] === CLOSE) return
  let end = bytes.length - 1
  while (isSpace(bytes[end])) end--
  if (bytes[skipSpace(bytes, 0)] !== OPEN) throw malformed('it does not begin with "{"')
  if (bytes[end] !== CLOSE) throw malformed('it does not end with "}"; it may have been cut off')
}

const OPEN = 0x7b
const CLOSE = 0x7d
