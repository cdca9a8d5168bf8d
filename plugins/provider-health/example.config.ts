import { defineConfig } from 'lunaroute'
import providerHealth from 'lunaroute/plugins/provider-health'

export default defineConfig({
  extends: 'local',
  plugins: [providerHealth({ window_secs: 120, probes: { interval_secs: 60 } })],
})
