import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'
import { send } from './raw-client.ts'
import { until } from './until.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))
const PROBE = new URL('./probe.mjs', import.meta.url).href

/** What a gateway process says of itself. Memory in bytes, the rest in milliseconds. */
export interface Vitals {
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
  /** CPU time since it started. */
  readonly cpu: number
  /** Event loop delay since `start`. */
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** A gateway in a process of its own, run as a user runs it. */
export interface ServedGateway {
  readonly url: string
  readonly port: number
  /** Everything it has written so far. */
  output(): string
  /** Writes a file beside the config, as an editor would. */
  edit(name: string, text: string): void
  /** `start` begins a new measurement of the event loop; `collect` collects garbage first. */
  vitals(question?: 'start' | 'collect'): Promise<Vitals>
  /** Resident memory in bytes, read from outside where that is possible: the process does no work for it. */
  rss(): Promise<number>
  /** Asks it to end, and resolves with its exit code; may be called again. */
  stop(): Promise<number | null>
}

/** Starts `lunaroute serve` on files made for its port; the first of them is the config. */
export async function serve(files: (port: number) => Readonly<Record<string, string>>): Promise<ServedGateway> {
  if (!existsSync(PROGRAM)) throw new Error('there is no built gateway: run "npm run build" first')
  const port = await freePort()
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lunaroute-serve-')))
  const edit = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const written = files(port)
  for (const [name, text] of Object.entries(written)) edit(name, text)
  const config = join(folder, Object.keys(written)[0]!)
  const child = spawn(process.execPath, ['--expose-gc', '--import', PROBE, PROGRAM, 'serve', '--config', config], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  child.stdout?.on('data', text => (output += text))
  child.stderr?.on('data', text => (output += text))
  let stopping: Promise<number | null> | undefined
  const stop = (): Promise<number | null> => {
    stopping ??= end()
    return stopping
  }
  const end = async (): Promise<number | null> => {
    const code = await ended(child)
    rmSync(folder, { recursive: true, force: true })
    return code
  }
  try {
    await until(async () => child.exitCode !== null || (await answers(port)), 'the gateway answers', 15_000)
    if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}: ${output}`)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    output: () => output,
    edit,
    vitals: question => ask(child, question),
    async rss() {
      const status = `/proc/${child.pid}/status`
      if (!existsSync(status)) return (await ask(child)).rss
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))![1]) * 1024
    },
    stop,
  }
}

function ask(child: ChildProcess, question = 'now'): Promise<Vitals> {
  return new Promise(resolve => {
    child.once('message', answer => resolve(answer as Vitals))
    child.send(question)
  })
}

function answers(port: number): Promise<boolean> {
  return send(port, { target: '/healthz' }).then(
    response => response.status > 0,
    () => false,
  )
}

/** SIGTERM, and SIGKILL for one that does not heed it. */
function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  return new Promise(resolve => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
    child.once('exit', () => clearTimeout(timer))
    child.once('exit', resolve)
    child.kill('SIGTERM')
  })
}
