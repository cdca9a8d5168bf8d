import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { definePlugin, moduleUrl } from 'lunaroute'
import { sessionLogService, sessionWriterService } from 'lunaroute/sessions'
import { createSessionLog } from './log.ts'
import { daysOf, type LogOptions, rulesOf, options as schema, type WriterOptions } from './options.ts'

/** Writes recorded sessions to files, one a session, an event on each line. */
export default definePlugin({
  name: 'session-jsonl',
  section: 'session_jsonl',
  requires: ['session-recorder'],
  options: schema,
  env: { LUNAROUTE_ENABLE_JSONL_WRITER: 'enabled', LUNAROUTE_SESSIONS_DIR: 'directory' },
  check({ retention, encryption }) {
    const problems = []
    if (retention.max_total_size_gb !== undefined && retention.max_size_mb !== undefined) {
      problems.push({
        path: ['retention', 'max_size_mb'],
        message: 'says the same as max_total_size_gb; keep one of them',
      })
    }
    const { compressed, deleted } = daysOf(retention)
    if (deleted > 0 && compressed >= deleted) {
      const message = `is not less than max_age_days (${deleted}): nothing would ever be compressed; 0 turns it off`
      problems.push({ path: ['retention', 'compress_after_days'], message })
    }
    if (encryption && (encryption.key_file === undefined) === (encryption.password === undefined)) {
      problems.push({ path: ['encryption'], message: 'needs either key_file or password' })
    }
    return problems
  },
  setup(options, api) {
    if (!options.enabled) return {}
    const { encryption } = options
    const log: LogOptions = {
      directory: pathOf(options.directory),
      encryption: encryption?.key_file === undefined ? (encryption ?? null) : { key_file: pathOf(encryption.key_file) },
    }
    const writer: WriterOptions = { ...log, retention: rulesOf(options) }
    api.offer(sessionWriterService, {
      name: 'jsonl',
      module: moduleUrl(import.meta.url, './writer.ts'),
      options: writer,
    })
    api.offer(sessionLogService, {
      log: createSessionLog(log),
      place: log.directory,
      module: moduleUrl(import.meta.url, './log.ts'),
      options: log,
    })
    return {}
  },
})

function pathOf(path: string): string {
  return resolve(path.replace(/^~(?=$|[/\\])/, homedir()))
}
