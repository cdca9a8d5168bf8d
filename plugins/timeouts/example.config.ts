import { defineConfig } from 'lunaroute'
import anthropic from 'lunaroute/plugins/anthropic'
import openai from 'lunaroute/plugins/openai'
import timeouts from 'lunaroute/plugins/timeouts'

export default defineConfig({
  plugins: [
    openai(),
    anthropic(),
    timeouts({
      connect_ms: 5_000,
      first_byte_ms: 30_000,
      idle_ms: 60_000,
      providers: { anthropic: { first_byte_ms: 60_000 } },
      // These think for long before they say anything.
      models: { 'o3*': { first_byte_ms: 300_000, idle_ms: 300_000 } },
    }),
  ],
})
