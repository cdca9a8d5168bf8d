import { defineConfig } from 'lunaroute'
import sessionRecorder from 'lunaroute/plugins/session-recorder'
import httpWriter from './http-writer.ts'

export default defineConfig({
  extends: 'passthrough',
  plugins: [sessionRecorder(), httpWriter({ url: 'http://127.0.0.1:9200/events' })],
})
