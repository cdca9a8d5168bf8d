import { defineConfig } from 'lunaroute'
import anthropic from 'lunaroute/plugins/anthropic'
import openai from 'lunaroute/plugins/openai'
import retry from 'lunaroute/plugins/retry'

export default defineConfig({
  plugins: [openai(), anthropic(), retry({ retries: 2, budget_ratio: 0.1 })],
})
