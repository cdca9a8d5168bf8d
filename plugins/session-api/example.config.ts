import { defineConfig } from 'lunaroute'
import sessionApi from 'lunaroute/plugins/session-api'
import sessionSqlite from 'lunaroute/plugins/session-sqlite'

export default defineConfig({
  extends: 'passthrough',
  plugins: [sessionSqlite(), sessionApi()],
})
