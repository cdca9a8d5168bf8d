import { defineConfig } from 'lunaroute'
import anthropic from 'lunaroute/plugins/anthropic'
import modelMap from 'lunaroute/plugins/model-map'
import openai from 'lunaroute/plugins/openai'
import translate from 'lunaroute/plugins/translate'

export default defineConfig({
  plugins: [
    openai(),
    anthropic(),
    modelMap(),
    translate({
      // What this server's model takes, over what the plugin knows of models by their names.
      profiles: { 'house-*': { maxTokensField: 'max_tokens', maxOutputTokens: 8192, input: { images: [] } } },
    }),
  ],
  providers: {
    house: { dialect: 'openai-chat', base_url: 'http://127.0.0.1:8000/v1' },
  },
  // Claude Code, asking for a Claude model, is served by the house model.
  models: { 'claude-*': { provider: 'house', model: 'house-large' } },
})
