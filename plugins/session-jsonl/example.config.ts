import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'lunaroute'
import sessionJsonl from 'lunaroute/plugins/session-jsonl'
import sessionRecorder from 'lunaroute/plugins/session-recorder'

export default defineConfig({
  extends: 'passthrough',
  plugins: [
    sessionRecorder(),
    sessionJsonl({
      // Without it sessions are kept under ~/.lunaroute/sessions.
      directory: join(tmpdir(), 'lunaroute-sessions'),
      retention: { max_age_days: 14, max_size_mb: 2048, compress_after_days: 2 },
    }),
  ],
})
