import { existsSync } from 'node:fs'
import { SingleBar } from 'cli-progress'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { type CommandCall, type CommandModule, GatewayError } from 'lunaroute'
import { type SessionLogEntry, sessionLogService } from 'lunaroute/sessions'
import type { DriverName } from './driver.ts'
import { FolderLog } from './folder-log.ts'
import { expandHome } from './home.ts'
import { type ImportedFile, importSessions } from './import-sessions.ts'

interface ImportFlags {
  readonly sessionsDir: string
  readonly dbPath: string
  readonly batchSize: number
  readonly skipExisting: boolean
  readonly continueOnError: boolean
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** `lunaroute import-sessions` */
export const run: CommandModule['run'] = async call => {
  const { path, sessions_dir, driver } = call.options as {
    readonly path: string
    readonly sessions_dir: string
    readonly driver?: DriverName
  }
  let failures = 0
  const program = new Command('lunaroute import-sessions')
    .exitOverride()
    .configureOutput({
      writeOut: text => void call.stdout.write(text),
      writeErr: text => void call.stderr.write(text),
    })
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(--help lists the options)')
    .description(
      'Loads session logs (*.jsonl, compressed and encrypted ones too) into the database. Twice does no harm.',
    )
    .option('--sessions-dir <folder>', 'where the logs are', call.offers(sessionLogService)[0]?.place ?? sessions_dir)
    .option('--db-path <file>', 'the database', path)
    .option('--batch-size <count>', 'events in a transaction', readCount, 500)
    .option('--skip-existing', 'leave sessions alone that the database has (the default)', true)
    .option('--no-skip-existing', 'look at them too, and bring in what is missing')
    .option('--continue-on-error', 'go on after a file that cannot be read (the default)', true)
    .option('--no-continue-on-error', 'end at the first file that cannot be read')
    .option('--dry-run', 'read everything and write nothing')
    .option('--json', 'print JSON: what became of each file, and the sums')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: ImportFlags) => {
      failures = await importAll(call, flags, driver)
    })
  try {
    await program.parseAsync([...call.args], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    throw error
  }
  return failures > 0 ? 1 : 0
}

/** Resolves with the number of files that failed. */
async function importAll(call: CommandCall, flags: ImportFlags, driver: DriverName | undefined): Promise<number> {
  const folder = expandHome(flags.sessionsDir)
  if (!existsSync(folder)) {
    throw new GatewayError('LR_NOT_FOUND', 404, `there is no folder ${flags.sessionsDir}; --sessions-dir names another`)
  }
  // Whoever wrote them has the key of those that are encrypted.
  const log = new FolderLog(folder, call.offers(sessionLogService)[0]?.log.at?.(folder))
  const entries: SessionLogEntry[] = []
  for await (const entry of log.entries()) entries.push(entry)
  const report = reporter(call, flags, entries.length)
  const results: ImportedFile[] = []
  const options = { ...flags, log, folder, path: expandHome(flags.dbPath), dryRun: flags.dryRun ?? false, driver }
  for await (const each of importSessions(entries, options)) {
    results.push(each)
    report.file(each, results.length)
  }
  report.end(results)
  return results.filter(each => each.outcome === 'failed').length
}

interface Reporter {
  file(result: ImportedFile, place: number): void
  end(results: readonly ImportedFile[]): void
}

function reporter(call: CommandCall, flags: ImportFlags, count: number): Reporter {
  if (flags.json) {
    return {
      file: () => {},
      end: files => void call.stdout.write(`${JSON.stringify({ ...sumsOf(files), files }, null, 2)}\n`),
    }
  }
  const print = (line: string) => void call.stdout.write(`${line}\n`)
  print(`Scanning sessions directory: ${flags.sessionsDir}`)
  print(`Found ${number(count)} session files to import`)
  if (flags.dryRun) print('Dry run: nothing is written')
  const isTerminal = (call.stderr as NodeJS.WriteStream).isTTY === true
  const bar = isTerminal
    ? new SingleBar({ format: '{bar} {percentage}% | {value}/{total} | {session}', stream: call.stderr })
    : undefined
  bar?.start(count, 0, { session: '' })
  return {
    file(result, place) {
      if (bar) bar.update(place, { session: result.session_id })
      else
        print(
          `[${place}/${count}] ${result.session_id} (${result.started_at ?? 'unknown'}) ${MARKS[result.outcome](result)}`,
        )
    },
    end(results) {
      bar?.stop()
      const { imported, skipped, failed, events } = sumsOf(results)
      print('='.repeat(60))
      print(`Total sessions: ${number(results.length)}`)
      print(`Imported:       ${number(imported)} (${number(events)} events)`)
      print(`Skipped:        ${number(skipped)}`)
      print(`Failed:         ${number(failed)}`)
      print('='.repeat(60))
      for (const each of results.filter(one => one.outcome === 'failed')) {
        call.stderr.write(`${each.file}: ${each.error}\n`)
      }
    },
  }
}

const MARKS: Readonly<Record<ImportedFile['outcome'], (result: ImportedFile) => string>> = {
  imported: ({ events, bad_lines: bad }) =>
    `✓ ${number(events)} events${bad > 0 ? `, ${number(bad)} lines that are none` : ''}`,
  skipped: () => '⊘ skipped (already exists)',
  failed: ({ error }) => `✗ failed: ${error}`,
}

function sumsOf(files: readonly ImportedFile[]) {
  const count = (outcome: ImportedFile['outcome']) => files.filter(each => each.outcome === outcome).length
  return {
    total: files.length,
    imported: count('imported'),
    skipped: count('skipped'),
    failed: count('failed'),
    events: files.reduce((sum, each) => sum + each.events, 0),
  }
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}

function readCount(value: string): number {
  if (/^\d+$/.test(value) && Number(value) > 0) return Number(value)
  throw new InvalidArgumentError('It takes a whole number from 1.')
}

const EXAMPLES = `
Examples:
  $ lunaroute import-sessions --dry-run                      what is there to import?
  $ lunaroute import-sessions                                the log into the database
  $ lunaroute import-sessions --no-skip-existing             and what sessions it knows are missing
  $ lunaroute import-sessions --sessions-dir ./from-laptop --db-path ./laptop.db --json`
