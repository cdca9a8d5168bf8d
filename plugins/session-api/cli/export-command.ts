import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { CommandCall, CommandModule } from 'lunaroute'
import { FORMATS } from '../export/formats.ts'
import { recordedRequests } from '../export/recorded.ts'
import { createCommand, type FilterFlags, filterOf, oneOf, runProgram, storeOf, withFilter } from './program.ts'
import { number } from './words.ts'

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
      const sentence = `${number(written.requests)} requests of ${number(written.sessions)} sessions, ${number(written.bytes)} bytes`
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

/** Writes beside the file and puts it in place when it is whole. */
async function write(
  call: CommandCall,
  output: string | undefined,
  format: string,
  filter: Parameters<typeof recordedRequests>[1],
): Promise<Exported> {
  const store = storeOf(call)
  if (output === undefined) return stream(call.stdout, format, recordedRequests(store, filter))
  const file = resolve(output)
  const part = `${file}.part`
  await mkdir(dirname(file), { recursive: true })
  const stdout = createWriteStream(part, { mode: 0o600 })
  try {
    const written = await stream(stdout, format, recordedRequests(store, filter))
    stdout.end()
    await once(stdout, 'finish')
    await rename(part, file)
    return written
  } catch (error) {
    stdout.destroy()
    await rm(part, { force: true })
    throw error
  }
}

async function stream(
  to: NodeJS.WritableStream,
  format: string,
  requests: ReturnType<typeof recordedRequests>,
): Promise<Exported> {
  const { head, tail, write: textOf } = FORMATS[format]!
  const sessions = new Set<string>()
  let count = 0
  let bytes = 0
  const say = async (text: string) => {
    bytes += Buffer.byteLength(text)
    if (!to.write(text)) await once(to, 'drain')
  }
  await say(head)
  for await (const request of requests) {
    sessions.add(request.session.session_id)
    await say(textOf(request, count++ === 0))
  }
  await say(tail)
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
