import { defineConfig } from 'lunaroute'
import router from 'lunaroute/plugins/router'

export default defineConfig({
  extends: 'translate',
  plugins: [
    router({
      rules: [
        function longOnes(request) {
          if (request.tokens < 100_000) return undefined
          return { target: { provider: 'gemini', model: 'gemini-2.5-pro' }, fallbacks: [{ provider: 'anthropic' }] }
        },
      ],
    }),
  ],
})
