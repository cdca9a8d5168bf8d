import { defineConfig } from 'lunaroute'
import validate from 'lunaroute/plugins/validate'

export default defineConfig({
  extends: 'passthrough',
  plugins: [validate({ parse_up_to: 0, scan_up_to: 256 * 1024 })],
})
