/** Gives calls without an id one by their position, and finds the call that a result without an id answers. */
export class CallIds {
  readonly #prefix: string
  readonly #open: { readonly callId: string; readonly name: string }[] = []
  #count = 0

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  call(id: string | undefined, name: string): string {
    const callId = id ?? `${this.#prefix}${this.#count}`
    this.#count++
    this.#open.push({ callId, name })
    return callId
  }

  /** Results without an id answer the calls of their name in order. */
  result(id: string | undefined, name: string): string {
    const index = this.#open.findIndex(call => (id === undefined ? call.name === name : call.callId === id))
    const [call] = index < 0 ? [] : this.#open.splice(index, 1)
    return id ?? call?.callId ?? this.call(undefined, name)
  }
}
