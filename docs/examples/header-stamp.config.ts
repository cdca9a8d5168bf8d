import { defineConfig } from 'lunaroute'
import headerStamp from './header-stamp.ts'

export default defineConfig({
  extends: 'passthrough',
  plugins: [headerStamp({ team: 'search' })],
})
