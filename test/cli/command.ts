import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../support/free-port.ts'

/** The program as it was built; `npm test` builds first. */
export const PROGRAM = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A folder and a home of their own for the commands of one test, and a port nobody uses. */
export class Desk {
  readonly folder: string
  readonly home: string
  readonly port: number
  readonly #children: ChildProcess[] = []

  private constructor(folder: string, home: string, port: number) {
    this.folder = folder
    this.home = home
    this.port = port
  }

  static async create(): Promise<Desk> {
    const [folder, home] = await Promise.all([mkdtemp(join(tmpdir(), 'cli-')), mkdtemp(join(tmpdir(), 'home-'))])
    return new Desk(folder, home, await freePort())
  }

  async write(name: string, content: string): Promise<string> {
    const file = join(this.folder, name)
    await writeFile(file, content)
    return file
  }

  /** Runs a command to its end. */
  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}, input = ''): Promise<Finished> {
    const child = this.spawn(args, env)
    child.stdin!.end(input)
    const exit = once(child, 'exit')
    const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)])
    const [code] = (await exit) as [number | null]
    return { code, stdout, stderr }
  }

  spawn(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const own = { PATH: process.env.PATH, HOME: this.home, USERPROFILE: this.home }
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: this.folder, env: { ...own, ...env } })
    this.#children.push(child)
    return child
  }

  /** Starts `serve` in the foreground and waits until it answers. */
  async serve(args: readonly string[] = []): Promise<Served> {
    const child = this.spawn(['serve', '--port', String(this.port), ...args])
    const served = new Served(child, `http://127.0.0.1:${this.port}`)
    await served.logged('listening on')
    return served
  }

  /** Ends whatever a test has left running. */
  async clear(): Promise<void> {
    await this.run(['stop', '--port', String(this.port), '--now'])
    for (const child of this.#children) child.kill('SIGKILL')
    await Promise.all([this.folder, this.home].map(each => rm(each, { recursive: true, force: true })))
  }
}

/** A server in the foreground. */
export class Served {
  readonly child: ChildProcess
  readonly url: string
  readonly exit: Promise<unknown[]>
  output = ''

  constructor(child: ChildProcess, url: string) {
    this.child = child
    this.url = url
    this.exit = once(child, 'exit')
    const collect = (part: Buffer) => {
      this.output += part
    }
    child.stdout!.on('data', collect)
    child.stderr!.on('data', collect)
  }

  /** Waits for a text in the log. */
  async logged(wanted: string): Promise<void> {
    await until(
      () => this.output.includes(wanted),
      () => `no "${wanted}" in:\n${this.output}`,
    )
  }
}

/** Waits, at most ten seconds, for something to become true. */
export async function until(isTrue: () => boolean | Promise<boolean>, why: () => string): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(why())
    await sleep(20)
  }
}
