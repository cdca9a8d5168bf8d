import { defineConfig } from 'lunaroute'
import wordCount from './word-count.ts'

export default defineConfig({
  extends: 'passthrough',
  plugins: [wordCount()],
})
