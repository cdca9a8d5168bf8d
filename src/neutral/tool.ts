import type { CacheMark } from './content.ts'
import type { Extensible, JsonObject, Located } from './extra.ts'

interface ToolBase extends Located {
  readonly cacheMark?: CacheMark | undefined
  /** Declared but hidden from the model until a tool search or a `toolAddition` brings it in. */
  readonly isDeferred?: boolean | undefined
}

/** A tool the client runs, called with JSON arguments. */
export interface FunctionTool extends ToolBase {
  readonly type: 'function'
  readonly name: string
  readonly description?: string | undefined
  /**
   * JSON Schema of the arguments, as given; undefined for none. Gemini's types in capitals (`OBJECT`) are read in small
   * letters; where its schema was in the OpenAPI subset (`nullable`, counts as strings), its shape `parameters` says so.
   */
  readonly parameters?: JsonObject | undefined
  /** JSON Schema of the result (Gemini `responseJsonSchema`, Responses `output_schema`). */
  readonly resultSchema?: JsonObject | undefined
  /** Whether the provider guarantees that arguments match. Responses takes undefined for true, the others for false. */
  readonly isStrict?: boolean | undefined
}

/** A tool the client runs, called with free text, possibly held to a grammar (OpenAI dialects). */
export interface CustomTool extends ToolBase {
  readonly type: 'custom'
  readonly name: string
  readonly description?: string | undefined
  /** Undefined for free text. */
  readonly grammar?: { readonly syntax: string; readonly definition: string } | undefined
}

/** Tools under a common name (Responses). For other dialects `translate` flattens them to `name__tool`. */
export interface NamespaceTool extends ToolBase {
  readonly type: 'namespace'
  readonly name: string
  readonly description?: string | undefined
  readonly tools: readonly ToolDefinition[]
}

/** What a tool that the provider defines does, in one word for all dialects and versions. */
export type ProviderToolKind =
  | 'web_search'
  | 'web_fetch'
  | 'file_search'
  | 'code_execution'
  | 'image_generation'
  | 'mcp'
  | 'tool_search'
  | 'computer'
  | 'bash'
  | 'shell'
  | 'apply_patch'
  | 'text_editor'
  | 'memory'
  | (string & {})

/**
 * A tool the provider defines. Most run at the provider; `computer`, `bash`, `shell`, `apply_patch`, `text_editor` and
 * `memory` are run by the client. Options that only one dialect knows are in `extra`.
 */
export interface ProviderTool extends ToolBase {
  readonly type: 'provider'
  readonly kind: ProviderToolKind
  /** The dialect's own type, version included: `web_search_20250305`, `web_search_preview`, `googleSearch`. */
  readonly nativeType: string
  readonly name?: string | undefined
  /** For `web_search` and `web_fetch`. */
  readonly search?: SearchOptions | undefined
  /** For `mcp`. Messages keeps these apart from its tools, in `mcp_servers`. */
  readonly server?: McpServer | undefined
}

export interface SearchOptions {
  readonly allowedDomains?: readonly string[] | undefined
  readonly blockedDomains?: readonly string[] | undefined
  readonly maxUses?: number | undefined
  /** `low`, `medium`, `high`. */
  readonly contextSize?: string | undefined
  readonly location?: SearchLocation | undefined
}

export interface SearchLocation extends Extensible {
  readonly city?: string | undefined
  readonly region?: string | undefined
  /** ISO 3166-1, two letters. */
  readonly country?: string | undefined
  /** IANA name. */
  readonly timezone?: string | undefined
}

export interface McpServer {
  readonly name: string
  readonly url?: string | undefined
  readonly description?: string | undefined
  /** A bearer token. A secret: not for logs, not for diagnostics. */
  readonly token?: string | undefined
  readonly allowedTools?: readonly string[] | undefined
}

/** A declaration of a kind only one dialect knows, whole. */
export interface NativeTool extends ToolBase {
  readonly type: 'native'
  readonly dialect: string
  readonly value: unknown
}

export type ToolDefinition = FunctionTool | CustomTool | NamespaceTool | ProviderTool | NativeTool

/** Names a tool that is declared elsewhere. */
export interface ToolReference extends Extensible {
  readonly type: 'reference'
  readonly name: string
  /** What is named. Undefined means a function. */
  readonly of?: 'function' | 'custom' | 'provider' | 'mcp' | undefined
}

/**
 * Which tools the model may or must use. `required`: some tool (Messages `any`, Gemini `ANY`). `validated` is
 * Gemini's: free to answer in text, but calls must match their schema. `allowed` narrows the list without changing it.
 */
export type ToolChoice = Extensible &
  (
    | { readonly type: 'auto' | 'none' | 'required' | 'validated' }
    | { readonly type: 'tool'; readonly tool: ToolReference }
    | {
        readonly type: 'allowed'
        readonly mode: 'auto' | 'required' | 'validated'
        readonly tools: readonly ToolReference[]
      }
    /** A choice only one dialect knows, whole. */
    | { readonly type: 'native'; readonly dialect: string; readonly value: unknown }
  )
