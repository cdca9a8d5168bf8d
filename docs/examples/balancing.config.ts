import { defineConfig } from 'lunaroute'
import anthropic from 'lunaroute/plugins/anthropic'
import balance from 'lunaroute/plugins/balance'
import circuitBreaker from 'lunaroute/plugins/circuit-breaker'
import fallback from 'lunaroute/plugins/fallback'
import health from 'lunaroute/plugins/health'
import metrics from 'lunaroute/plugins/metrics'
import openai from 'lunaroute/plugins/openai'
import providerHealth from 'lunaroute/plugins/provider-health'
import retry from 'lunaroute/plugins/retry'
import translate from 'lunaroute/plugins/translate'

export default defineConfig({
  plugins: [
    openai(),
    anthropic(),
    health(),
    metrics(),
    fallback(),
    balance({
      groups: {
        fast: {
          strategy: 'limits-alternative',
          models: ['fast'],
          targets: [
            { provider: 'openai', model: 'gpt-5-mini' },
            { provider: 'anthropic', model: 'claude-haiku-4-5' },
          ],
        },
      },
    }),
    providerHealth({ probes: { interval_secs: 60 } }),
    circuitBreaker(),
    retry(),
    translate(),
  ],
})
