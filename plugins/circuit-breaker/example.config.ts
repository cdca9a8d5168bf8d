import { defineConfig } from 'lunaroute'
import circuitBreaker from 'lunaroute/plugins/circuit-breaker'

export default defineConfig({
  extends: 'local',
  plugins: [circuitBreaker({ failure_threshold: 3, timeout_secs: 30 })],
})
