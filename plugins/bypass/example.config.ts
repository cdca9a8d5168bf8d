import { defineConfig } from 'lunaroute'
import bypass from 'lunaroute/plugins/bypass'

export default defineConfig({
  extends: 'passthrough',
  plugins: [bypass({ except: ['/api/event_logging', '/v1/organization'] })],
})
