import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createSocketServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Desk, PROGRAM } from './command.ts'

let desk: Desk

beforeEach(async () => {
  desk = await Desk.create()
})
afterEach(() => desk.clear())

const port = () => String(desk.port)
const pid = async () => (await readFile(join(desk.home, `.lunaroute/server-${port()}.pid`), 'utf8')).trim()

describe('env', () => {
  it('starts a server and prints the variables of its clients', async () => {
    const { code, stdout, stderr } = await desk.run(['env', '--port', port()])
    const url = `http://127.0.0.1:${port()}`
    expect(stderr).toBe('')
    expect(stdout.split('\n')).toEqual([
      `export ANTHROPIC_BASE_URL=${url}`,
      `export OPENAI_BASE_URL=${url}/v1`,
      `export GOOGLE_GEMINI_BASE_URL=${url}`,
      `# LunaRoute server started on ${url}`,
      `# Logs: ${desk.home}/.lunaroute/server-${port()}.log`,
      '',
    ])
    expect(code).toBe(0)
    expect((await fetch(`${url}/v1/nothing`)).headers.get('x-lunaroute-request-id')).toBeTruthy()
  })

  it('keeps what it leaves behind to the user', async () => {
    await desk.run(['env', '--port', port()])
    const modes = ['', `/server-${port()}.log`, `/server-${port()}.pid`].map(async name => {
      const { mode } = await stat(`${desk.home}/.lunaroute${name}`)
      return (mode & 0o777).toString(8)
    })
    expect(await Promise.all(modes)).toEqual(['700', '600', '600'])
  })

  it('finds its server the second time and prints the same variables', async () => {
    const first = await desk.run(['env', '--port', port()])
    const before = await pid()
    const second = await desk.run(['env', '--port', port()])
    const exports = (text: string) => text.split('\n').filter(line => line.startsWith('export'))
    expect(exports(second.stdout)).toEqual(exports(first.stdout))
    expect(second.stdout).toContain(`# LunaRoute server already running on http://127.0.0.1:${port()}`)
    expect(second.code).toBe(0)
    expect(await pid()).toBe(before)
  })

  it('names no log of a server that was started in the foreground', async () => {
    await desk.serve()
    const { code, stdout } = await desk.run(['env', '--port', port()])
    expect([code, stdout]).toEqual([0, expect.stringContaining('already running')])
    expect(stdout).not.toContain('# Logs')
  })

  it('run twice at once leaves one server, whose pid is on file', async () => {
    const runs = await Promise.all([1, 2].map(() => desk.run(['env', '--port', port()])))
    expect(runs.map(each => each.code)).toEqual([0, 0])
    expect(runs.map(each => each.stdout.includes(`export OPENAI_BASE_URL=`))).toEqual([true, true])
    expect(process.kill(Number(await pid()), 0)).toBe(true)
  })

  it('runs under the name that pkill is told', async () => {
    await desk.run(['env', '--port', port()])
    const { stdout } = await promisify(execFile)('ps', ['-o', 'args=', '-p', await pid()])
    expect(stdout).toContain('lunaroute-server serve')
  })

  it.each(['http', 'tcp'])('refuses the port of another program that speaks %s', async kind => {
    const other =
      kind === 'http' ? createServer((_, reply) => reply.end('hello')) : createSocketServer(s => s.end('hi\n'))
    await new Promise<void>(resolve => other.listen(desk.port, '127.0.0.1', resolve))
    const { code, stdout, stderr } = await desk.run(['env', '--port', port()])
    other.close()
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toBe(
      `Another program listens on 127.0.0.1:${port()}, so LunaRoute was not started. Choose another port with --port.\n`,
    )
  })

  it('shows why the server did not start', async () => {
    const config = await desk.write('lunaroute.config.mjs', 'export default { plugins: [{ name: "no plugin" }] }')
    const { code, stdout, stderr } = await desk.run(['env', '--config', config, '--port', port()])
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain('lunaroute.config.mjs')
  })

  it('shows the end of the log when the server fails after its configuration was read', async () => {
    await desk.write(
      'lunaroute.config.mjs',
      'import { definePlugin } from "lunaroute"\n' +
        'const broken = definePlugin({ name: "broken", setup() { throw new Error("no moon tonight") } })\n' +
        'export default { plugins: [broken()] }',
    )
    const { code, stdout, stderr } = await desk.run(['env', '--port', port()])
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain('LunaRoute did not start')
    expect(stderr).toContain('plugin "broken" failed in its setup: no moon tonight')
  })

  it('passes its flags on and prints an address clients can dial', async () => {
    const { stdout } = await desk.run(['env', '--port', port(), '--host', '0.0.0.0', '--dialect', 'anthropic'])
    expect(stdout).toContain(`export ANTHROPIC_BASE_URL=http://127.0.0.1:${port()}\n`)
    expect(stdout).not.toContain('OPENAI_BASE_URL')
    const reply = await fetch(`http://127.0.0.1:${port()}/v1/chat/completions`, { method: 'POST', body: '{}' })
    expect(reply.status).toBe(404)
  })

  it('takes the port from the flag, then the environment, then the file', async () => {
    await desk.write('lunaroute.config.yaml', `port: ${port()}\n`)
    const fromFile = await desk.run(['env'])
    expect(fromFile.stdout).toContain(`export ANTHROPIC_BASE_URL=http://127.0.0.1:${port()}\n`)
    const flagged = await desk.run(['--port', port(), 'env'], { LUNAROUTE_PORT: '1' })
    expect(flagged.stdout).toContain('already running')
    const fromEnvironment = await desk.run(['env'], { LUNAROUTE_PORT: port() })
    expect(fromEnvironment.stdout).toContain('already running')
  })

  it('refuses a server that runs with another configuration than the one named', async () => {
    await desk.run(['env', '--port', port()])
    const config = await desk.write('other.yaml', 'extends: default\n')
    const { code, stdout, stderr } = await desk.run(['env', '--port', port(), '--config', config])
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain(`runs with the embedded defaults, not with ${config}`)
  })

  it('speaks the syntax of each shell', async () => {
    const url = `http://127.0.0.1:${port()}`
    const syntax = {
      bash: (name: string, value: string) => `export ${name}=${value}`,
      zsh: (name: string, value: string) => `export ${name}=${value}`,
      fish: (name: string, value: string) => `set -gx ${name} ${value};`,
      powershell: (name: string, value: string) => `$env:${name} = "${value}"`,
    }
    for (const [shell, line] of Object.entries(syntax)) {
      const { stdout } = await desk.run(['env', '--port', port(), '--shell', shell])
      expect(stdout.split('\n').slice(0, 3)).toEqual([
        line('ANTHROPIC_BASE_URL', url),
        line('OPENAI_BASE_URL', `${url}/v1`),
        line('GOOGLE_GEMINI_BASE_URL', url),
      ])
    }
  })

  it('can be evaluated, quoted or not', async () => {
    const command = `"${process.execPath}" "${PROGRAM}" env --port ${port()}`
    for (const line of [`eval $(${command})`, `eval "$(${command})"`]) {
      const script = `${line}; printf '%s %s' "$ANTHROPIC_BASE_URL" "$OPENAI_BASE_URL"`
      const { stdout } = await promisify(execFile)('sh', ['-c', script], { env: { HOME: desk.home }, cwd: desk.folder })
      expect(stdout).toBe(`http://127.0.0.1:${port()} http://127.0.0.1:${port()}/v1`)
    }
  })
})

describe('stop', () => {
  it('ends the server it finds and removes the pid file', async () => {
    await desk.run(['env', '--port', port()])
    const { code, stdout } = await desk.run(['stop'])
    expect(stdout).toMatch(/The LunaRoute server on port \d+ \(pid \d+\) has ended\./)
    expect(code).toBe(0)
    expect(existsSync(join(desk.home, `.lunaroute/server-${port()}.pid`))).toBe(false)
    await expect(fetch(`http://127.0.0.1:${port()}/`)).rejects.toThrow()
  })

  it('has nothing to do where no server runs', async () => {
    const { code, stdout } = await desk.run(['stop', '--port', port()])
    expect(stdout).toBe(`No LunaRoute server runs on port ${port()}.\n`)
    expect(code).toBe(0)
  })

  it('does not believe the pid file of a dead server', async () => {
    await desk.run(['env', '--port', port()])
    process.kill(Number(await pid()), 'SIGKILL')
    const { code, stdout } = await desk.run(['stop', '--port', port()])
    expect(stdout).toBe(`No LunaRoute server runs on port ${port()}.\n`)
    expect(code).toBe(0)
  })

  it('leaves another program alone', async () => {
    const other = createServer((_, reply) => reply.end('hello'))
    await new Promise<void>(resolve => other.listen(desk.port, '127.0.0.1', resolve))
    const { code, stderr } = await desk.run(['stop', '--port', port()])
    other.close()
    expect(stderr).toBe(`What listens on port ${port()} is not LunaRoute.\n`)
    expect(code).toBe(1)
  })
})
