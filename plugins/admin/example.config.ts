import { defineConfig } from 'lunaroute'
import admin from 'lunaroute/plugins/admin'

export default defineConfig({
  extends: 'passthrough',
  plugins: [admin()],
})
