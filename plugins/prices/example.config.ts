import { defineConfig } from 'lunaroute'
import anthropic from 'lunaroute/plugins/anthropic'
import openai from 'lunaroute/plugins/openai'
import prices from 'lunaroute/plugins/prices'

export default defineConfig({
  plugins: [openai(), anthropic(), prices()],
  providers: {
    local: { dialect: 'openai-chat', base_url: 'http://127.0.0.1:11434/v1' },
  },
  // USD for a million tokens, over the prices that come with the plugin.
  prices: {
    // Our own machine: electricity is paid by somebody else.
    'local/*': { input: 0, output: 0 },
    // As negotiated, with another price for long requests.
    'claude-opus-*': { input: 4, output: 20, cache_read: 0.4, cache_write: 5, above: [{ tokens: 200_000, input: 8 }] },
  },
})
