import { definePlugin, defineSlot } from 'lunaroute'

/** How many words the answer had. Other plugins may import the slot and read it. */
export const words = defineSlot('words', () => ({ count: 0, isInside: false }))

/** Counts the words of an answer as it streams by, and logs the sum. Understands chat completions. */
export default definePlugin({
  name: 'word-count',
  failure: 'open',
  setup(_options, api) {
    return {
      streamChunk(chunk, exchange) {
        if (exchange.dialect.name !== 'openai-chat') return
        const answer = chunk.json() as Answer | undefined
        const choice = answer?.choices?.[0]
        const state = exchange.use(words)
        // A word may be cut anywhere: what counts is where one begins.
        for (const character of choice?.delta?.content ?? choice?.message?.content ?? '') {
          const isInside = character.trim() !== ''
          if (isInside && !state.isInside) state.count++
          state.isInside = isInside
        }
      },
      record(exchange) {
        api.log.info({ exchange: exchange.id, words: exchange.use(words).count }, 'answered')
      },
    }
  },
})

interface Answer {
  readonly choices?: readonly { readonly delta?: Text; readonly message?: Text }[]
}

interface Text {
  readonly content?: string | null
}
