import { definePreset } from 'lunaroute'
import pii from 'lunaroute/plugins/pii'
import prices from 'lunaroute/plugins/prices'
import sessionApi from 'lunaroute/plugins/session-api'
import sessionJsonl from 'lunaroute/plugins/session-jsonl'
import sessionRecorder from 'lunaroute/plugins/session-recorder'
import sessionSqlite from 'lunaroute/plugins/session-sqlite'
import sessionStats from 'lunaroute/plugins/session-stats'

// Every request and answer on disk, to be read with jq, SQL, `lunaroute sessions` or at /sessions. To be put after a preset
// that serves: `extends: ['translate', 'recording']`. See docs/recording.md and docs/sessions.md.
export default definePreset([
  sessionApi(), // /sessions and /stats, for this machine only

  pii({ enabled: false }), // with `pii: { enabled: true }` nothing personal is kept
  prices(), // what each answer cost

  sessionRecorder(),
  sessionJsonl(), // ~/.lunaroute/sessions/YYYY-MM-DD/session_<id>.jsonl
  sessionSqlite(), // ~/.lunaroute/sessions.db
  sessionStats(), // a summary when the gateway stops
])
