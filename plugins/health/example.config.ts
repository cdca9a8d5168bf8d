import { defineConfig } from 'lunaroute'
import health from 'lunaroute/plugins/health'

export default defineConfig({
  extends: 'passthrough',
  plugins: [health()],
})
