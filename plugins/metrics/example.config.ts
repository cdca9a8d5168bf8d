import { defineConfig } from 'lunaroute'
import metrics from 'lunaroute/plugins/metrics'

export default defineConfig({
  extends: 'local',
  plugins: [metrics({ path: '/internal/metrics', max_models: 50 })],
})
