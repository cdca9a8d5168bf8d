import { defineConfig } from 'lunaroute'
import metrics from 'lunaroute/plugins/metrics'
import streamUsage from 'lunaroute/plugins/stream-usage'

export default defineConfig({
  extends: 'passthrough',
  plugins: [metrics({ llm: true }), streamUsage()],
})
