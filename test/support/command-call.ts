import { Readable, Writable } from 'node:stream'
import type { CommandCall, CommandModule } from '../../src/plugin-command.ts'
import type { Service } from '../../src/service.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a plugin's command as the program does, and collects what it says. */
export async function runCommand(
  { run }: CommandModule,
  args: readonly string[],
  { offers = new Map(), options, ...call }: Partial<Omit<CommandCall, 'offers'>> & { offers?: Offers } = {},
): Promise<Ran> {
  const stdout = collector()
  const stderr = collector()
  const code = await run({
    args,
    options,
    folder: process.cwd(),
    url: 'http://127.0.0.1:8081',
    plugins: [],
    dialects: [],
    providers: [],
    stdin: Readable.from([]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    ...call,
    offers: <T>(service: Service<T>) => (offers.get(service) ?? []) as readonly T[],
  })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

type Offers = ReadonlyMap<unknown, readonly unknown[]>

function collector() {
  const parts: Buffer[] = []
  const stream = new Writable({
    write(part: Buffer, _encoding, done) {
      parts.push(part)
      done()
    },
  })
  return { stream, text: () => Buffer.concat(parts).toString() }
}
