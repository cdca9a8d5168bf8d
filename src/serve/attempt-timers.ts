/** How long an attempt may take, in milliseconds; 0 for any time. */
export interface TimeLimits {
  readonly total: number
  readonly connect: number
  /** Until its answer has content. */
  readonly content: number
}

/** The limits of time of one attempt that has some; most have none. */
export class AttemptTimers {
  #total: NodeJS.Timeout | undefined
  #connect: NodeJS.Timeout | undefined
  #content: NodeJS.Timeout | undefined

  start({ total, connect, content }: TimeLimits, timeOut: (reason: string) => void, noConnection: () => void): void {
    if (total > 0) this.#total = setTimeout(timeOut, total, `did not finish within ${total / 1000} s`)
    if (connect > 0) this.#connect = setTimeout(noConnection, connect)
    if (content > 0) this.#content = setTimeout(timeOut, content, `said nothing within ${content / 1000} s`)
  }

  /** From now on it is this that is waited for in place of content, and no longer than `patience` milliseconds. */
  waitFor(what: () => void, patience: number): void {
    clearTimeout(this.#content)
    this.#content = setTimeout(what, patience)
  }

  connected(): void {
    clearTimeout(this.#connect)
  }

  answered(): void {
    clearTimeout(this.#content)
  }

  stop(): void {
    clearTimeout(this.#total)
    clearTimeout(this.#connect)
    clearTimeout(this.#content)
  }
}
