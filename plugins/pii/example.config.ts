import { defineConfig } from 'lunaroute'
import openai from 'lunaroute/plugins/openai'
import pii from 'lunaroute/plugins/pii'

export default defineConfig({
  plugins: [
    openai(),
    pii({
      // The same card in two sessions can still be told to be the same: `[CREDIT_CARD:7b2c4f1a]`.
      redaction_modes: { credit_card: 'tokenize', phone: 'partial' },
      hmac_secret: process.env.PII_SECRET ?? 'a secret for this example',
      custom_patterns: [{ name: 'employee_id', pattern: '\\bEMP-\\d{6}\\b' }],
    }),
  ],
})
