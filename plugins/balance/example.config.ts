import { defineConfig } from 'lunaroute'
import anthropic from 'lunaroute/plugins/anthropic'
import balance from 'lunaroute/plugins/balance'
import openai from 'lunaroute/plugins/openai'
import translate from 'lunaroute/plugins/translate'

export default defineConfig({
  plugins: [
    openai(),
    anthropic(),
    balance({
      groups: {
        // Clients ask for `fast`. Anthropic takes over while OpenAI is rate limited.
        fast: {
          strategy: 'limits-alternative',
          models: ['fast'],
          targets: [
            { provider: 'openai', model: 'gpt-5-mini' },
            { provider: 'anthropic', model: 'claude-haiku-4-5' },
          ],
        },
        // Three in four to the first; the same prompt always to the same, whose cache knows it.
        smart: {
          strategy: 'sticky',
          models: ['smart', 'smart-*'],
          targets: [
            { provider: 'anthropic', model: 'claude-opus-4-5', weight: 3 },
            { provider: 'openai', model: 'gpt-5', weight: 1 },
          ],
        },
      },
    }),
    translate(),
  ],
})
