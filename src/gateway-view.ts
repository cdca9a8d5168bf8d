/** The state of the configuration that serves now, and of the last attempt to change it. */
export interface ConfigStatus {
  /** Counts up from 1 with each successful reload. */
  readonly generation: number
  /** The config file, or null for the embedded defaults. */
  readonly file: string | null
  /** ISO 8601. */
  readonly loadedAt: string
  /** Why the last edit was refused, while it is: the previous generation serves on. */
  readonly error: {
    readonly at: string
    readonly message: string
    readonly file?: string
    readonly plugin?: string
  } | null
  /** How many edits have been refused since the start. */
  readonly refusals: number
  readonly plugins: readonly string[]
  /** Remarks about keys that had no effect, such as a section no plugin reads. */
  readonly warnings: readonly string[]
}

/** What plugins may see of the gateway that runs them, and ask of it. */
export interface GatewayView {
  readonly version: string
  /** ISO 8601. */
  readonly startedAt: string
  /** True once shutdown has begun. */
  readonly isDraining: boolean
  config(): ConfigStatus
  /** Where the gateway listens. */
  listeners(): readonly { readonly name: string; readonly host: string; readonly port: number }[]
  /** Exchanges in flight. */
  inFlight(): number
  /** Builds a new generation from the files as they are now. Resolves with the state after it, refused or not. */
  reload(): Promise<ConfigStatus>
}
