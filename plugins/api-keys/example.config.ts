import { defineConfig } from 'lunaroute'
import apiKeys from 'lunaroute/plugins/api-keys'
import health from 'lunaroute/plugins/health'

export default defineConfig({
  extends: 'passthrough',
  plugins: [
    // Stands before the keys: a load balancer has none.
    health(),
    apiKeys([
      { key: 'sk-gateway-001', name: 'my-app' },
      { key: 'sk-gateway-002', name: 'old-app', enabled: false },
    ]),
  ],
})
