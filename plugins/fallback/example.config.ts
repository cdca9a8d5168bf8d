import { defineConfig } from 'lunaroute'
import anthropic from 'lunaroute/plugins/anthropic'
import fallback from 'lunaroute/plugins/fallback'
import openai from 'lunaroute/plugins/openai'
import translate from 'lunaroute/plugins/translate'

export default defineConfig({
  plugins: [
    openai(),
    anthropic(),
    translate(),
    fallback({
      chains: {
        'claude-*': [{ provider: 'openai', model: 'gpt-5' }],
        'gpt-*': [{ provider: 'anthropic', model: 'claude-sonnet-4-5' }],
      },
      first_content_ms: 60_000,
    }),
  ],
})
