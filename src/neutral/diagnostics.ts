/** One thing a translation could not carry over as it was. */
export interface Diagnostic {
  /**
   * `dropped`: left out. `changed`: said otherwise with the same intent, such as a clamped number or a shortened name.
   * `refused`: the request was answered with a 400.
   */
  readonly action: 'dropped' | 'changed' | 'refused'
  /** The field in the client's own terms: an object's `at`, or a parameter by `Codec.parameters`. `tools[2].strict`. */
  readonly path: string
  /** One clause for a person, without any value from the request: "gemini has no prompt cache breakpoints". */
  readonly reason: string
}

/**
 * Where writers and `translate` report what they cannot carry over. Nothing is lost without a call to one of these; they
 * end up in the header `x-lunaroute-dropped` and in the recording.
 *
 * A path is an object's `at`, alone or with a neutral field appended (`tools[2].isStrict`), or a parameter's neutral path (`sampling.topK`, `reasoning.effort`),
 * which is put into the client's terms by its codec's `parameters`.
 */
export interface Diagnostics {
  /** True when the operator wants a 400 rather than a loss: `dropped` then throws as `refused` does. */
  readonly isStrict: boolean
  dropped(path: string, reason: string): void
  changed(path: string, reason: string): void
  /** Ends the translation: throws a GatewayError with status 400 and the path as its param. */
  refused(path: string, reason: string): never
}
