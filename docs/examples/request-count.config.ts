import { defineConfig } from 'lunaroute'
import requestCount from './request-count.ts'

export default defineConfig({
  extends: 'passthrough',
  plugins: [requestCount()],
})
