import { defineConfig } from 'lunaroute'
import openai from 'lunaroute/plugins/openai'

export default defineConfig({
  plugins: [openai()],
  providers: {
    // The plugin's own provider, in another region. Its key comes from OPENAI_API_KEY.
    openai: { base_url: 'https://eu.api.openai.com/v1' },
    // Any other server that speaks the dialect.
    local: { dialect: 'openai-chat', base_url: 'http://127.0.0.1:11434/v1' },
  },
})
