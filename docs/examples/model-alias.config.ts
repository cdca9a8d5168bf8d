import { defineConfig } from 'lunaroute'
import modelAlias from './model-alias.ts'

export default defineConfig({
  extends: 'passthrough',
  plugins: [modelAlias({ aliases: { fast: 'gpt-5-mini', smart: 'claude-opus-4-5' } })],
})
