import { definePlugin } from 'lunaroute'
import { openaiChat } from './chat.ts'
import { openaiResponses } from './responses.ts'

/** Speaks OpenAI: Chat Completions, Responses and the JSON endpoints around them. */
export default definePlugin({
  name: 'openai',
  dialects: [openaiChat, openaiResponses],
  providers: {
    openai: {
      dialect: ['openai-chat', 'openai-responses'],
      base_url: 'https://api.openai.com/v1',
      api_key_env: 'OPENAI_API_KEY',
    },
  },
  setup() {
    return {}
  },
})
