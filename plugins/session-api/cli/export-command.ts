import { once } from 'node:events'
import { mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { CommandCall, CommandModule } from 'lunaroute'
import { FORMATS } from '../export/formats.ts'
import { recordedRequests } from '../export/recorded.ts'
import { createCommand, type FilterFlags, filterOf, oneOf, runProgram, storeOf, withFilter } from './program.ts'
import { counted } from './words.ts'

interface ExportFlags extends FilterFlags {
  readonly format: string
  readonly output?: string
}

interface Exported {
  readonly sessions: number
  readonly requests: number
  readonly bytes: number
}

/** `lunaroute export` */
export const run: CommandModule['run'] = call => {
  const program = withFilter(createCommand('lunaroute export', call))
    .description('Writes recorded requests to a file, or to standard output.')
    .option('--q <words>', 'of sessions with these words')
    .option('--format <format>', 'ndjson, json, csv or otlp', oneOf(...Object.keys(FORMATS)), 'ndjson')
    .option('--output <file>', 'the file, for its owner alone; without it, standard output')
    .option('--json', 'say as JSON what was written')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: ExportFlags & { readonly q?: string }) => {
      const { format, output, q, ...filter } = flags
      const written = await write(call, output, format, filterOf({ ...filter, ...(q !== undefined && { text: q }) }))
      const said = { file: output ?? null, format, ...written }
      const sentence = `${counted(written.requests, 'request')} of ${counted(written.sessions, 'session')}, ${counted(written.bytes, 'byte')}`
      // Standard output may be the export itself.
      const to = output === undefined ? call.stderr : call.stdout
      to.write(
        flags.json
          ? `${JSON.stringify(said)}\n`
          : `Exported ${sentence}${output === undefined ? '' : ` to ${output}`}\n`,
      )
    })
  return runProgram(program, call.args)
}

type Say = (text: string) => Promise<void>

async function write(
  call: CommandCall,
  output: string | undefined,
  format: string,
  filter: Parameters<typeof recordedRequests>[1],
): Promise<Exported> {
  const store = storeOf(call)
  const tell = (say: Say): Promise<Exported> => sayAll(say, format, recordedRequests(store, filter))
  if (output !== undefined) return writeFile(output, tell)
  return tell(async text => {
    if (!call.stdout.write(text)) await once(call.stdout, 'drain')
  })
}

/** Writes beside the file and puts it in place when it is whole. A pipe or a device is written to as it is. */
async function writeFile(output: string, tell: (say: Say) => Promise<Exported>): Promise<Exported> {
  const named = resolve(output)
  const file = await realpath(named).catch(() => named)
  const found = await stat(file).catch(() => undefined)
  const isInPlace = found !== undefined && !found.isFile()
  const part = isInPlace ? file : `${file}.part`
  await mkdir(dirname(file), { recursive: true })
  if (!isInPlace) await rm(part, { force: true })
  const handle = await open(part, 'w', 0o600)
  try {
    const written = await tell(text => handle.appendFile(text))
    await handle.close()
    if (!isInPlace) await rename(part, file)
    return written
  } catch (error) {
    // What went wrong first is what is told.
    await handle.close().catch(() => undefined)
    if (!isInPlace) await rm(part, { force: true })
    throw error
  }
}

async function sayAll(say: Say, format: string, requests: ReturnType<typeof recordedRequests>): Promise<Exported> {
  const { head, tail, write: textOf } = FORMATS[format]!
  const sessions = new Set<string>()
  let count = 0
  let bytes = 0
  const add = async (text: string) => {
    bytes += Buffer.byteLength(text)
    await say(text)
  }
  await add(head)
  for await (const request of requests) {
    sessions.add(request.session.session_id)
    await add(textOf(request, count++ === 0))
  }
  await add(tail)
  return { sessions: sessions.size, requests: count, bytes }
}

const EXAMPLES = `
Formats:
  ndjson  events, one per line, as the session log has them; lunaroute import-sessions reads them
  json    a list of requests, each with its bodies and its events
  csv     a row for each request, for spreadsheets
  otlp    OpenTelemetry traces with gen_ai attributes, as OTLP/JSON

Examples:
  $ lunaroute export --since 1h --output sessions.ndjson
  $ lunaroute export --since 7d --format csv --output week.csv
  $ lunaroute export --model 'claude-*' --format json | jq '.[].request.messages[-1]'
  $ lunaroute export --since 1h --format otlp \\
      | curl -H 'content-type: application/json' --data-binary @- http://127.0.0.1:4318/v1/traces`
