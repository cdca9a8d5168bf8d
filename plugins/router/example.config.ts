import { defineConfig } from 'lunaroute'
import anthropic from 'lunaroute/plugins/anthropic'
import openai from 'lunaroute/plugins/openai'
import router from 'lunaroute/plugins/router'
import translate from 'lunaroute/plugins/translate'

export default defineConfig({
  plugins: [
    openai(),
    anthropic(),
    router({
      aliases: { fast: 'claude-haiku-4-5' },
      rules: [
        {
          id: 'paid',
          priority: 100,
          match: { model: 'gpt-4o', headers: { 'X-User-Tier': 'paid' } },
          target: { provider: 'anthropic', model: 'claude-sonnet-4-5' },
          fallbacks: [{ provider: 'openai', model: 'gpt-4o-mini' }],
          options: { strip_unsupported_tools: true, timeout_ms: 20_000 },
        },
        // A rule may be a function: this one is asked before all others.
        request =>
          request.tokens > 150_000 && { id: 'long', target: { provider: 'anthropic', model: 'claude-opus-4-5' } },
      ],
    }),
    translate(),
  ],
})
