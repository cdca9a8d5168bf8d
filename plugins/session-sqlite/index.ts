import { definePlugin, moduleUrl, Type, withDefault } from 'lunaroute'
import { sessionLogService, sessionStoreService, sessionWriterService } from 'lunaroute/sessions'
import { expandHome } from './home.ts'
import { SqliteStore } from './store.ts'
import type { WriterOptions } from './writer.ts'

const PATH = '~/.lunaroute/sessions.db'
const LOGS = '~/.lunaroute/sessions'

/** Keeps recorded sessions in a SQLite database, and reads them back. */
export default definePlugin({
  name: 'session-sqlite',
  section: 'session_sqlite',
  options: Type.Object(
    {
      enabled: withDefault(
        Type.Boolean({ description: 'Whether sessions are written. They can be read either way.' }),
        true,
      ),
      path: withDefault(Type.String({ minLength: 1, description: 'The database file. `~` is the home folder.' }), PATH),
      sessions_dir: withDefault(
        Type.String({
          description: 'Where session logs are, if no plugin here writes any; empty for no repair from a log.',
        }),
        LOGS,
      ),
      retention: withDefault(
        Type.Object(
          {
            max_age_days: withDefault(
              Type.Number({ minimum: 0, description: 'Older sessions are deleted; 0 for never.' }),
              0,
            ),
          },
          { additionalProperties: false },
        ),
        { max_age_days: 0 },
      ),
      max_connections: Type.Optional(
        Type.Integer({ minimum: 1, description: 'Has no effect: one connection writes and one reads.' }),
      ),
      driver: Type.Optional(
        Type.Union([Type.Literal('better-sqlite3'), Type.Literal('node:sqlite'), Type.Literal('node-sqlite3-wasm')], {
          description: 'The SQLite library, instead of the first that can be loaded.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  env: {
    LUNAROUTE_ENABLE_SQLITE_WRITER: 'enabled',
    LUNAROUTE_SESSIONS_DB_PATH: 'path',
    LUNAROUTE_SESSIONS_DIR: 'sessions_dir',
  },
  commands: {
    'import-sessions': {
      summary: 'load session logs (JSONL) into the database',
      load: () => import('./import-command.ts'),
    },
  },
  setup({ enabled, path, sessions_dir, retention, driver }, { offer, offers, onDispose }) {
    const file = expandHome(path)
    const store = new SqliteStore({ path: file, driver })
    onDispose(() => store.close())
    offer(sessionStoreService, store)
    if (enabled) {
      const module = moduleUrl(import.meta.url, './writer.ts')
      // Who writes the log may be set up later, and is known once the recorder asks.
      const logOf = (): WriterOptions['repair_from'] => {
        const [log] = offers(sessionLogService)
        if (sessions_dir === '') return undefined
        return log ? { module: log.module, options: log.options } : { folder: expandHome(sessions_dir) }
      }
      offer(sessionWriterService, {
        name: 'sqlite',
        module,
        get options(): WriterOptions {
          return { path: file, repair_from: logOf(), max_age_days: retention.max_age_days, driver }
        },
      })
    }
    return {}
  },
})
