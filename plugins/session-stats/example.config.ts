import { defineConfig } from 'lunaroute'
import sessionStats from 'lunaroute/plugins/session-stats'

export default defineConfig({
  extends: 'passthrough',
  plugins: [sessionStats({ max_sessions: 20 })],
})
