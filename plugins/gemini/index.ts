import { definePlugin } from 'lunaroute'
import { gemini } from './gemini.ts'

/** Speaks Gemini: content, streams, tokens, embeddings and models. */
export default definePlugin({
  name: 'gemini',
  dialects: [gemini],
  providers: {
    gemini: {
      dialect: 'gemini',
      base_url: 'https://generativelanguage.googleapis.com',
      api_key_env: 'GEMINI_API_KEY',
    },
  },
  setup() {
    return {}
  },
})
