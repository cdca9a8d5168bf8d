import { definePlugin, type Exchange } from '../../src/index.ts'

/** A plugin that collects finished exchanges, and a way to wait for them. */
export class Recorder {
  readonly exchanges: Exchange[] = []
  readonly #waiting: (() => void)[] = []

  readonly plugin = definePlugin({
    name: 'recorder',
    setup: () => ({
      record: exchange => {
        this.exchanges.push(exchange)
        for (const wake of this.#waiting.splice(0)) wake()
      },
    }),
  })

  /** The exchanges, once there are this many. */
  async finished(count = 1): Promise<readonly Exchange[]> {
    while (this.exchanges.length < count) await new Promise<void>(resolve => this.#waiting.push(resolve))
    return this.exchanges
  }

  /** The one exchange there was. */
  async one(): Promise<Exchange> {
    const [exchange] = await this.finished()
    return exchange!
  }
}
