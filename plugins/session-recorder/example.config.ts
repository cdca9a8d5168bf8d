import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'lunaroute'
import sessionJsonl from 'lunaroute/plugins/session-jsonl'
import sessionRecorder from 'lunaroute/plugins/session-recorder'

export default defineConfig({
  extends: 'passthrough',
  plugins: [
    sessionRecorder({ worker: { batch_size: 100, batch_timeout_ms: 100 } }),
    sessionJsonl({ directory: join(tmpdir(), 'lunaroute-sessions') }),
  ],
})
