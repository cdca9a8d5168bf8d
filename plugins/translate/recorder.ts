import { GatewayError } from 'lunaroute'
import type { Codec, Diagnostic, Diagnostics } from 'lunaroute/neutral'

/** Longest value of the header, in characters: proxies and clients limit a response's head. */
const HEADER_LENGTH = 1_000

/** A whole tool, as dialects list them, or which of them is to be used. Not a detail of one. */
const TOOL =
  /^(?:tools|functions)(?:\[\d+\](?:\.\w+\[\d+\]|\.(?:google|code|url|computer|file)\w*)?)?$|^web_search_options$|^toolChoice$/

/** Collects what one translation could not carry over, in the client's own terms, each thing once. */
export class Recorder implements Diagnostics {
  readonly isStrict: boolean
  readonly #areToolsRefused: boolean
  readonly #parameters: Codec['parameters']
  readonly #found = new Map<string, Diagnostic>()

  /** `dropsTools`: what becomes of tools whatever `isStrict` says; undefined where that decides. */
  constructor(client: Codec, isStrict: boolean, dropsTools = !isStrict) {
    this.#parameters = client.parameters
    this.isStrict = isStrict
    this.#areToolsRefused = !dropsTools
  }

  get list(): readonly Diagnostic[] {
    return [...this.#found.values()]
  }

  /** The paths of what was dropped, for `x-lunaroute-dropped`; undefined when nothing was. */
  get header(): string | undefined {
    const paths = this.list.filter(({ action }) => action === 'dropped').map(({ path }) => headerSafe(path))
    if (paths.length === 0) return undefined
    let text = paths[0]!
    for (const [i, path] of paths.slice(1).entries()) {
      if (text.length + path.length > HEADER_LENGTH) return `${text}, and ${paths.length - 1 - i} more`
      text += `, ${path}`
    }
    return text
  }

  dropped(path: string, reason: string): void {
    if (TOOL.test(path) ? this.#areToolsRefused : this.isStrict) this.refused(path, reason)
    this.#add('dropped', path, reason)
  }

  /** Drops without strictness: for an answer, which is there already. */
  noted(path: string, reason: string): void {
    this.#add('dropped', path, reason)
  }

  changed(path: string, reason: string): void {
    this.#add('changed', path, reason)
  }

  refused(path: string, reason: string): never {
    const param = this.#native(path)
    this.#add('refused', path, reason)
    const message = `this request cannot be served by the provider chosen for its model: ${param}: ${reason}`
    throw new GatewayError('LR_UNSUPPORTED', 400, message, { param })
  }

  /** What has no path of its own is told by the list it is in. */
  #head(field: string): string {
    return field === 'messages' ? (this.#parameters.messages ?? field) : field
  }

  /** A field of an object that has a path of its own. */
  #field(of: string, field: string): string {
    const keys = [`${of.replace(/\[\d+\]$/, '[]')}.${field}`, `*.${field}`]
    const found = keys.find(key => Object.hasOwn(this.#parameters, key))
    return found === undefined ? field : this.#parameters[found]!
  }

  #add(action: Diagnostic['action'], path: string, reason: string): void {
    const native = this.#native(path)
    const key = `${action} ${native}`
    if (!this.#found.has(key)) this.#found.set(key, { action, path: native, reason })
  }

  #native(path: string): string {
    if (Object.hasOwn(this.#parameters, path)) return this.#parameters[path]!
    const fields = path.split('.')
    return fields.map((field, i) => (i === 0 ? this.#head(field) : this.#field(fields[i - 1]!, field))).join('.')
  }
}

/** A path can hold a key that the client made up. */
function headerSafe(path: string): string {
  return path.replace(/[^\x21-\x2b\x2d-\x7e]/g, '?')
}
