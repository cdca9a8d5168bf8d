import { defineConfig } from 'lunaroute'
import retry from 'lunaroute/plugins/retry'
import timeouts from 'lunaroute/plugins/timeouts'
import patientBatch from './patient-batch.ts'

export default defineConfig({
  extends: 'passthrough',
  plugins: [patientBatch(), retry(), timeouts({ answer_ms: 60_000 })],
})
