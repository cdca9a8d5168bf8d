type Dispose = (value: never) => unknown

interface Entry {
  readonly value: unknown
  readonly dispose: Dispose | undefined
  users: number
}

/** One generation's hold on kept values. */
export interface KeeperLease {
  get<T>(key: string, create: () => T, dispose?: (value: T) => unknown): T
  /** Lets go of everything; what nobody else holds is disposed. */
  release(): Promise<void>
}

/** Values that outlive a reload, counted by the generations that use them. */
export class Keeper {
  readonly #entries = new Map<string, Entry>()

  lease(onError: (error: unknown) => void): KeeperLease {
    const held = new Set<string>()
    return {
      get: <T>(key: string, create: () => T, dispose?: (value: T) => unknown): T => {
        let entry = this.#entries.get(key)
        if (!entry) {
          entry = { value: create(), dispose: dispose as Dispose | undefined, users: 0 }
          this.#entries.set(key, entry)
        }
        if (!held.has(key)) {
          held.add(key)
          entry.users++
        }
        return entry.value as T
      },
      release: async () => {
        for (const key of held) {
          const entry = this.#entries.get(key)!
          if (--entry.users > 0) continue
          this.#entries.delete(key)
          try {
            await entry.dispose?.(entry.value as never)
          } catch (error) {
            onError(error)
          }
        }
        held.clear()
      },
    }
  }
}
