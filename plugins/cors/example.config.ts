import { defineConfig } from 'lunaroute'
import cors from 'lunaroute/plugins/cors'

export default defineConfig({
  extends: ['local'],
  plugins: [cors({ origins: ['loopback', 'https://chat.example'] })],
  // A gateway on a loopback address has to know the page's host, too.
  http_server: { allowed_hosts: ['chat.example'] },
})
