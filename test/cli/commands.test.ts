import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { mkdir, readFile, realpath } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Desk, PROGRAM, until } from './command.ts'

let desk: Desk

beforeEach(async () => {
  desk = await Desk.create()
})
afterEach(() => desk.clear())

const NAMES = ['serve', 'env', 'stop', 'status', 'init', 'check', 'explain', 'codex']

describe('help', () => {
  it('lists the commands and shows how they are used', async () => {
    const { code, stdout } = await desk.run(['--help'])
    expect(code).toBe(0)
    for (const name of NAMES) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
    expect(stdout).toContain('eval $(lunaroute env)')
  })

  it.each(NAMES)('shows examples of %s', async name => {
    const { code, stdout } = await desk.run([name, '--help'])
    expect(stdout).toContain('Examples:')
    expect(code).toBe(0)
  })

  it('lists a flag once that several plugins take', async () => {
    const { stdout } = await desk.run(['--help'])
    const flags = [...stdout.matchAll(/^ {2}(--[a-z-]+) <value>/gm)].map(([, flag]) => flag)
    expect(flags).toContain('--sessions-dir')
    expect(flags).toEqual([...new Set(flags)])
  })

  it('ends without a word when nobody reads what it prints any more', async () => {
    const script = `"${process.execPath}" "${PROGRAM}" sessions --help | true`
    const { stderr } = await promisify(execFile)('sh', ['-c', script], {
      cwd: desk.folder,
      env: { HOME: desk.home, PATH: process.env.PATH },
    })
    expect(stderr).toBe('')
  })

  it('knows its version', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
    expect((await desk.run(['--version'])).stdout).toBe(`${version}\n`)
  })
})

describe('init', () => {
  it('writes a config that works as it is', async () => {
    expect((await desk.run(['init'])).code).toBe(0)
    const { code, stdout, stderr } = await desk.run(['check'])
    expect(stderr).toBe('')
    expect(stdout).toContain(`ok: ${join(desk.folder, 'lunaroute.config.ts')}`)
    expect(stdout).not.toContain('warning')
    expect(code).toBe(0)
  })

  it('goes on with the rules of a routes.json that lies here', async () => {
    await desk.write('routes.json', '{ "rules": [] }')
    const before = await desk.run(['check'])
    await desk.run(['init'])
    const after = await desk.run(['check'])
    const pluginsOf = (stdout: string) => /^ {2}plugins .*$/m.exec(stdout)?.[0]
    expect(pluginsOf(before.stdout)).toContain('router')
    expect(pluginsOf(after.stdout)).toBe(pluginsOf(before.stdout))
  })

  it('keeps a file that is there, unless it is forced', async () => {
    const file = await desk.write('lunaroute.config.ts', '// mine')
    const refused = await desk.run(['init'])
    expect(refused.stderr).toBe(`${file} exists; --force replaces it.\n`)
    expect(refused.code).toBe(1)
    expect(await readFile(file, 'utf8')).toBe('// mine')
    expect((await desk.run(['init', '--force'])).code).toBe(0)
    expect(await readFile(file, 'utf8')).toContain('defineConfig')
  })
})

describe('check', () => {
  it('names what a configuration is made of, and its warnings', async () => {
    await desk.write('lunaroute.config.yaml', 'extends: passthrough\nport: 9123\nui:\n  enabled: true\n')
    const { code, stdout } = await desk.run(['check'])
    expect(code).toBe(0)
    expect(stdout).toContain('http://127.0.0.1:9123')
    expect(stdout).toContain('openai, anthropic, gemini')
    expect(stdout).toMatch(/warning .*lunaroute\.config\.yaml:3 ui: no loaded plugin reads this section/)
  })

  it('says that everybody can reach it', async () => {
    const { stdout } = await desk.run(['check', '--preset', 'passthrough', '--host', '0.0.0.0'])
    expect(stdout).toMatch(/listens on .* on every interface/)
  })

  it('locates what is wrong', async () => {
    await desk.write('lunaroute.config.yaml', 'extends: passthrough\nproviders:\n  openai:\n    base_url: 7\n')
    const { code, stdout, stderr } = await desk.run(['check'])
    expect(stderr).toMatch(/lunaroute\.config\.yaml:4:\d+ providers\.openai\.base_url: /)
    expect(stdout).toBe('')
    expect(code).toBe(1)
  })

  it('sets plugins up and disposes them, but does not listen', async () => {
    await desk.write(
      'lunaroute.config.mjs',
      `import { definePlugin } from 'lunaroute'
       const loud = definePlugin({ name: 'loud', setup(_, api) {
         api.log.warn('set up')
         setInterval(() => {}, 1000)
         api.onDispose(() => console.error('disposed'))
       } })
       export default { extends: 'passthrough', port: 1, plugins: [loud()] }`,
    )
    const { code, stdout, stderr } = await desk.run(['check'])
    expect(stdout).toContain('plugin "loud": set up')
    expect(stderr).toBe('disposed\n')
    expect(code).toBe(0)
  })

  it('fails where a plugin cannot be set up', async () => {
    await desk.write(
      'lunaroute.config.mjs',
      `import { definePlugin } from 'lunaroute'
       const sad = definePlugin({ name: 'sad', setup() { throw new Error('no') } })
       export default { plugins: [sad()] }`,
    )
    const { code, stderr } = await desk.run(['check'])
    expect(stderr).toContain('plugin "sad" failed in its setup: no')
    expect(code).toBe(1)
  })
})

describe('a flag that a plugin brings', () => {
  const config = `
import { definePlugin, Type } from 'lunaroute'
const plugin = definePlugin({
  name: 'colours',
  options: Type.Object({ colour: Type.Optional(Type.String({ maxLength: 5 })) }),
  env: { LUNAROUTE_FIRST_COLOUR: 'colour' },
  setup(options, api) {
    api.log.warn('colour ' + options.colour)
    return {}
  },
})
export default { plugins: [plugin()] }
`
  it.each([
    ['after the command', ['check', '--first-colour', 'red']],
    ['before it', ['--first-colour', 'red', 'check']],
    ['with an equals sign', ['check', '--first-colour=red', '--port', '9000']],
  ])('sets its variable: %s', async (_, args) => {
    await desk.write('lunaroute.config.ts', config)
    expect((await desk.run(args)).stdout).toContain('colour red')
  })

  it('is checked as the variable is, by its own name, and others are unknown', async () => {
    await desk.write('lunaroute.config.ts', config)
    const { code, stderr } = await desk.run(['check', '--first-colour', 'yellow'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('--first-colour must NOT have more than 5 characters')])
    const near = await desk.run(['check', '--first-color', 'red'])
    expect([near.code, near.stderr]).toEqual([1, expect.stringContaining('(did you mean "--first-colour"?)')])
    expect((await desk.run(['check', '--prot', '9000'])).stderr).toContain('(did you mean "--port"?)')
    expect((await desk.run(['--help'])).stdout).toMatch(/--first-colour <value>\s+LUNAROUTE_FIRST_COLOUR/)
  })
})

describe('--config-dir', () => {
  it.each(['lunaroute.config.json', 'server.yaml', 'config.json'])('finds %s in the folder', async name => {
    await mkdir(join(desk.folder, 'there'))
    const file = await desk.write(`there/${name}`, '{ "extends": "passthrough" }')
    expect((await desk.run(['check', '--config-dir', 'there'])).stdout).toContain(`ok: ${await realpath(file)}`)
    expect((await desk.run(['check'], { LUNAROUTE_CONFIG_DIR: 'there' })).stdout).toContain(
      `ok: ${await realpath(file)}`,
    )
  })

  it('may hold no config, but must be there', async () => {
    await mkdir(join(desk.folder, 'empty'))
    expect((await desk.run(['check', '--config-dir', 'empty'])).stdout).toContain('ok: embedded defaults')
    const { code, stderr } = await desk.run(['check', '--config-dir', 'nowhere'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('--config-dir names a folder that does not exist')])
  })
})

describe('explain', () => {
  const config = `import { definePlugin } from 'lunaroute'
    const plugin = (name, hooks) => definePlugin({ name, setup: () => hooks })()
    export default { extends: 'passthrough', plugins: [
      plugin('second', { normalize: { handler() {}, after: ['first'] } }),
      plugin('first', { normalize() {}, record() {} }),
    ] }`

  it('lists the plugins of each hook in run order', async () => {
    await desk.write('lunaroute.config.mjs', config)
    const { code, stdout } = await desk.run(['explain'])
    expect(stdout).toMatch(/normalize +first, second/)
    expect(stdout).toMatch(/record +first/)
    expect(stdout).toMatch(/streamChunk +\(none/)
    expect(code).toBe(0)
  })

  it('explains another preset than the configured one', async () => {
    const { code, stdout } = await desk.run(['explain', '--preset', 'passthrough'])
    expect([code, stdout]).toEqual([0, expect.stringMatching(/record +\(none/)])
  })

  it('follows a request that was written down', async () => {
    await desk.write('lunaroute.config.mjs', config)
    const request = {
      method: 'POST',
      path: '/v1/messages?beta=true',
      headers: [['X-Api-Key', 'secret']],
      body: { model: 'claude-x', stream: true, metadata: { user_id: 'user_1_account__session_abc-1' } },
    }
    const file = await desk.write('request.json', JSON.stringify(request))
    const { stdout } = await desk.run(['explain', file])
    expect(stdout).toMatch(/endpoint +POST \/v1\/messages, anthropic-messages, generate/)
    expect(stdout).toMatch(/provider +anthropic at/)
    expect(stdout).toMatch(/model +claude-x, streamed/)
    expect(stdout).toMatch(/request +as it is, unless first or second changes it/)
    expect(stdout).toMatch(/response +comes back byte for byte/)
    expect(stdout).not.toContain('secret')
  })

  it('takes a body alone from standard input', async () => {
    await desk.write('lunaroute.config.yaml', 'extends: passthrough\n')
    const { stdout } = await desk.run(['explain', '-', '--path', '/v1/responses'], {}, '{"model":"gpt-x"}')
    expect(stdout).toMatch(/endpoint +POST \/v1\/responses, openai-responses/)
    expect(stdout).toMatch(/request +leaves byte for byte as it came/)
  })

  it('says what no dialect serves', async () => {
    await desk.write('lunaroute.config.yaml', 'extends: passthrough\n')
    const { stdout } = await desk.run(['explain', '-', '--path', '/v1/elsewhere'], {}, '{}')
    expect(stdout).toMatch(/endpoint +none: refused, 404/)
    const wrongMethod = await desk.run(['explain', '-', '--path', '/v1/messages', '--method', 'put'], {}, '{}')
    expect(wrongMethod.stdout).toMatch(/refused +anthropic-messages serves it with POST/)
  })

  it('asks for the path of a body alone, and wants JSON', async () => {
    expect((await desk.run(['explain', '-'], {}, '{"model":"m"}')).stderr).toContain('--path')
    const broken = await desk.run(['explain', '-'], {}, '{"model":')
    expect(broken.stderr).toContain('standard input is not JSON')
    expect(broken.code).toBe(1)
  })
})

describe('codex', () => {
  it('prints lines for config.toml with the address that is served', async () => {
    await desk.write('lunaroute.config.yaml', 'extends: passthrough\nhost: 0.0.0.0\nport: 9123\n')
    const { stdout } = await desk.run(['codex'])
    expect(stdout).toContain('model_provider = "lunaroute"\n')
    expect(stdout).toContain(
      'base_url = "http://127.0.0.1:9123/v1"\nenv_key = "OPENAI_API_KEY"\nwire_api = "responses"\n',
    )
  })
})

describe('status', () => {
  const port = () => String(desk.port)

  it('finds the server that runs, and says what it serves with', async () => {
    await desk.serve()
    const { code, stdout } = await desk.run(['status', '--port', port()])
    expect(stdout).toMatch(new RegExp(`^LunaRoute \\S+ runs on http://127.0.0.1:${port()} \\(pid \\d+\\)\n`))
    expect(stdout).toMatch(/config +embedded defaults/)
    expect(stdout).toMatch(/generation +1, loaded/)
    expect(code).toBe(0)
    const { stdout: json } = await desk.run(['status', '--port', port(), '--json'])
    expect(JSON.parse(json)).toMatchObject({ running: true, config: { generation: 1, error: null } })
  })

  it('reports a refused edit', async () => {
    const file = await desk.write('lunaroute.config.yaml', 'extends: local\n')
    const served = await desk.serve()
    await desk.write('lunaroute.config.yaml', 'extends: [local, nobody]\n')
    await served.logged('configuration refused')
    const { code, stdout } = await desk.run(['status', '--port', port()])
    expect(stdout).toContain('generation 1 serves on')
    expect(stdout).toContain(`${file}:1:`)
    expect(code).toBe(1)
  })

  it('finds one that lets its last requests finish', async () => {
    const silent = createServer(() => undefined)
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    const asked = once(silent, 'request')
    const { port: at } = silent.address() as AddressInfo
    const url = `http://127.0.0.1:${at}`
    await desk.write('lunaroute.config.yaml', `extends: local\nproviders:\n  openai:\n    base_url: ${url}\n`)
    const served = await desk.serve()
    const answer = fetch(`${served.url}/v1/models`).catch(() => undefined)
    await asked
    served.child.kill('SIGTERM')
    await served.logged('shutting down')
    await until(
      () =>
        fetch(served.url).then(
          () => false,
          () => true,
        ),
      () => 'still takes connections',
    )
    const { code, stdout } = await desk.run(['status', '--port', port()])
    const { stdout: json } = await desk.run(['status', '--port', port(), '--json'])
    silent.close().closeAllConnections()
    await Promise.all([answer, served.exit])
    expect(stdout).toContain(`(pid ${served.child.pid}) does not answer at 127.0.0.1: it is shutting down`)
    expect(code).toBe(1)
    expect(JSON.parse(json)).toMatchObject({ running: true, status: 'silent', pid: served.child.pid })
    expect((await desk.run(['status', '--port', port()])).code).toBe(3)
  })

  it.skipIf(process.platform === 'win32')('tells one that hangs from another program, as env does', async () => {
    const served = await desk.serve()
    const { pid } = served.child
    await until(
      async () => (await desk.run(['status', '--port', port()])).stdout.includes('(pid'),
      () => 'no pid',
    )
    served.child.kill('SIGSTOP')
    const [status, env] = await Promise.all([
      desk.run(['status', '--port', port()]),
      desk.run(['env', '--port', port()]),
    ])
    const stop = await desk.run(['stop', '--port', port(), '--now'])
    expect(stop.stderr).toContain(`kill -9 ${pid}`)
    expect(stop.code).toBe(1)
    served.child.kill('SIGCONT')
    expect(status.stdout).toContain(`(pid ${pid}) does not answer at 127.0.0.1`)
    expect(status.code).toBe(1)
    expect(env.stderr).toContain(`(pid ${pid}) does not answer`)
    expect(env.code).toBe(1)
  })

  it('knows a server without the pages it asks for', async () => {
    await desk.write('lunaroute.config.yaml', 'extends: passthrough\n')
    await desk.serve()
    await until(
      async () => (await desk.run(['status', '--port', port()])).stdout.includes('(pid'),
      () => 'no pid',
    )
    expect((await desk.run(['status', '--port', port()])).code).toBe(0)
  })

  it('says that none runs', async () => {
    mkdirSync(join(desk.home, '.lunaroute'))
    const { code, stdout } = await desk.run(['status', '--port', port()])
    expect(stdout).toBe(`No LunaRoute server runs on port ${port()}.\n`)
    expect(code).toBe(3)
    const { stdout: json } = await desk.run(['status', '--port', port(), '--json'])
    expect(JSON.parse(json)).toEqual({ running: false, port: desk.port, foreign: false })
  })

  it('tells another program from a server of ours', async () => {
    const other = createServer((_, reply) => reply.end('{"status":"ok"}'))
    await new Promise<void>(resolve => other.listen(desk.port, '127.0.0.1', resolve))
    const { code, stdout } = await desk.run(['status', '--port', port()])
    other.close()
    expect(stdout).toContain('another program listens there')
    expect(code).toBe(3)
  })
})
