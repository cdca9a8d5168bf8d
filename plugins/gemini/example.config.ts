import { defineConfig } from 'lunaroute'
import gemini from 'lunaroute/plugins/gemini'

export default defineConfig({
  plugins: [gemini()],
  providers: {
    // The plugin's own provider. Its key comes from GEMINI_API_KEY.
    gemini: { http_client: { timeout_secs: 1200 } },
    // Any other server that speaks the dialect: requests go to <base_url>/v1beta/models/...
    team: { dialect: 'gemini', base_url: 'https://llm.example.com/google' },
  },
})
