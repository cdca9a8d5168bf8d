import { defineConfig } from 'lunaroute'
import anthropic from 'lunaroute/plugins/anthropic'
import modelMap from 'lunaroute/plugins/model-map'
import openai from 'lunaroute/plugins/openai'
import translate from 'lunaroute/plugins/translate'

export default defineConfig({
  plugins: [openai(), anthropic(), modelMap(), translate()],
  providers: {
    // A second server of the Chat dialect, beside the plugins' own providers.
    local: { dialect: 'openai-chat', base_url: 'http://127.0.0.1:11434/v1' },
  },
  models: {
    // Clients ask for `fast`; the provider is asked for its own name of the model.
    fast: { provider: 'anthropic', model: 'claude-haiku-4-5' },
    'gpt-*': { provider: 'openai' },
    '*': { provider: 'local' },
  },
})
