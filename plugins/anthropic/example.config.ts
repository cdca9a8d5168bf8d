import { defineConfig } from 'lunaroute'
import anthropic from 'lunaroute/plugins/anthropic'

export default defineConfig({
  plugins: [anthropic()],
  providers: {
    // The plugin's own provider. Its key comes from ANTHROPIC_API_KEY.
    anthropic: { http_client: { timeout_secs: 1200 } },
    // Any other server that speaks the dialect: requests go to <base_url>/v1/messages.
    team: { dialect: 'anthropic-messages', base_url: 'https://llm.example.com/anthropic' },
  },
})
