import type { SessionEvent, SessionFeed } from 'lunaroute/sessions'
import type { Following } from './ring.ts'

type Listener = (events: readonly SessionEvent[]) => void

/** Passes on what workers tell. They are asked for it only while somebody follows. */
export class Feed implements SessionFeed {
  readonly #wishes = new Map<Listener, Following>()
  readonly #onError: (error: unknown) => void
  readonly #onChange: (following: Following) => void
  #following: Following = 'none'

  constructor(onError: (error: unknown) => void, onChange: (following: Following) => void) {
    this.#onError = onError
    this.#onChange = onChange
  }

  /** What is wanted by all together. */
  get following(): Following {
    return this.#following
  }

  follow(listener: Listener, { whole = false }: { readonly whole?: boolean } = {}): () => void {
    // One that follows twice is told twice.
    const each: Listener = events => listener(events)
    this.#wishes.set(each, whole ? 'whole' : 'brief')
    this.#settle()
    return () => {
      this.#wishes.delete(each)
      this.#settle()
    }
  }

  tell(json: string): void {
    if (this.#wishes.size === 0) return
    const events = JSON.parse(json) as readonly SessionEvent[]
    for (const listener of [...this.#wishes.keys()]) {
      try {
        listener(events)
      } catch (error) {
        this.#onError(error)
      }
    }
  }

  #settle(): void {
    const wishes = [...this.#wishes.values()]
    const following = wishes.includes('whole') ? 'whole' : (wishes[0] ?? 'none')
    if (following === this.#following) return
    this.#following = following
    this.#onChange(following)
  }
}
