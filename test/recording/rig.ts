import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import sessionJsonl from '../../plugins/session-jsonl/index.ts'
import sessionRecorder from '../../plugins/session-recorder/index.ts'
import type { Config } from '../../src/config/define.ts'
import type { SessionEvent } from '../../src/sessions/events.ts'
import { type GatewayOptions, gateway, type TestGateway } from '../../src/testing.ts'

type RecorderInput = NonNullable<Parameters<typeof sessionRecorder>[0]>
type JsonlInput = NonNullable<Parameters<typeof sessionJsonl>[0]>

/** A folder that is gone after the test. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lunaroute-recording-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface RecordingOptions extends GatewayOptions {
  readonly directory?: string
  readonly recorder?: RecorderInput
  readonly jsonl?: JsonlInput
  readonly plugins?: Config['plugins']
  readonly providers?: NonNullable<Config['providers']>
}

/** What records into a directory. */
export function recording(
  directory: string,
  { recorder, jsonl, plugins = [], providers }: RecordingOptions = {},
): Config {
  return {
    extends: 'passthrough',
    ...(providers && { providers }),
    plugins: [sessionRecorder(recorder), sessionJsonl({ directory, ...jsonl }), ...plugins],
  }
}

/** A gateway that records what passes; `stop` closes it, so that everything is written, and returns the events. */
export async function recorded(options: RecordingOptions): Promise<{
  readonly g: TestGateway
  readonly directory: string
  stop(): Promise<readonly SessionEvent[]>
}> {
  const directory = options.directory ?? scratch()
  const g = await gateway(recording(directory, options), options)
  let closing: Promise<void> | undefined
  const close = () => (closing ??= g.close())
  onTestFinished(close)
  return {
    g,
    directory,
    stop: async () => {
      await close()
      return eventsIn(directory)
    },
  }
}

/** Every file under a directory, with its path below it. */
export function filesIn(directory: string): readonly string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(each => each.isFile())
    .map(each => join(each.parentPath, each.name))
    .sort()
}

/** Every event in a directory, request by request. Throws where a line is none. */
export function eventsIn(directory: string): readonly SessionEvent[] {
  return filesIn(directory)
    .filter(path => path.endsWith('.jsonl'))
    .flatMap(path => linesIn(path))
    .sort((a, b) => (a.request_id === b.request_id ? a.sequence - b.sequence : a.request_id < b.request_id ? -1 : 1))
}

export function linesIn(path: string): readonly SessionEvent[] {
  const text = readFileSync(path, 'utf8')
  if (text !== '' && !text.endsWith('\n')) throw new Error(`the last line of ${path} is torn`)
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as SessionEvent)
}

/** The events of one type. */
export function of<T extends SessionEvent['type']>(events: readonly SessionEvent[], type: T) {
  return events.filter((each): each is Extract<SessionEvent, { type: T }> => each.type === type)
}
