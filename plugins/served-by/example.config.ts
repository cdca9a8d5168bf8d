import { defineConfig } from 'lunaroute'
import modelMap from 'lunaroute/plugins/model-map'
import openai from 'lunaroute/plugins/openai'
import servedBy from 'lunaroute/plugins/served-by'

export default defineConfig({
  plugins: [openai(), modelMap(), servedBy()],
  providers: {
    local: { dialect: 'openai-chat', base_url: 'http://127.0.0.1:11434/v1' },
  },
  models: {
    fast: { provider: 'local', model: 'qwen3:8b' },
  },
})
