import { defineConfig } from 'lunaroute'
import accessLog from 'lunaroute/plugins/access-log'

export default defineConfig({
  extends: 'local',
  plugins: [accessLog({ log_requests: true })],
  // `debug` adds headers, with secrets masked, and where the time of each request went.
  logging: { level: 'info', format: 'json' },
})
