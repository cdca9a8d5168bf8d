import { defineConfig } from 'lunaroute'
import sessionSqlite from 'lunaroute/plugins/session-sqlite'

export default defineConfig({
  extends: 'passthrough',
  plugins: [sessionSqlite({ retention: { max_age_days: 90 } })],
})
