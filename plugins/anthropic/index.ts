import { definePlugin } from 'lunaroute'
import { anthropicMessages } from './messages.ts'

/** Speaks Anthropic: Messages, token counting, batches and models. */
export default definePlugin({
  name: 'anthropic',
  dialects: [anthropicMessages],
  providers: {
    anthropic: {
      dialect: 'anthropic-messages',
      base_url: 'https://api.anthropic.com',
      api_key_env: 'ANTHROPIC_API_KEY',
    },
  },
  setup() {
    return {}
  },
})
