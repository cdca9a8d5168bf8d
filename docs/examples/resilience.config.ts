import { defineConfig } from 'lunaroute'
import fallback from 'lunaroute/plugins/fallback'
import retry from 'lunaroute/plugins/retry'
import timeouts from 'lunaroute/plugins/timeouts'

export default defineConfig({
  extends: 'translate',
  plugins: [
    fallback({
      chains: {
        'claude-*': [{ provider: 'openai', model: 'gpt-5' }],
        'gpt-*': [{ provider: 'anthropic', model: 'claude-sonnet-4-5' }],
      },
      first_content_ms: 60_000,
    }),
    retry({ retries: 2 }),
    timeouts({ connect_ms: 5_000, first_byte_ms: 30_000, idle_ms: 60_000 }),
  ],
})
