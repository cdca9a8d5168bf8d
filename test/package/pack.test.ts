import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../cli/command.ts'
import { freePort } from '../support/free-port.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BIN = join(ROOT, 'node_modules/.bin')
const MINUTES = 60_000

let folder: string
let tarball: string
let environment: NodeJS.ProcessEnv
let server: ChildProcess | undefined

// What `npm test` has built is packed as it is, and installed in a folder that holds nothing else.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'package-'))
  environment = { ...withoutOwn(process.env), HOME: folder }
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], ROOT)
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  tarball = join(folder, filename)
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  await run('npm', ['install', tarball, '--prefer-offline', '--no-audit', '--no-fund'], folder)
}, 5 * MINUTES)

afterAll(async () => {
  server?.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

/** A machine without a gateway's variables; npm keeps its settings and its cache. */
function withoutOwn(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^LUNAROUTE_|_API_KEY$/.test(name)))
}

async function run(command: string, args: readonly string[], cwd = folder, env = withoutOwn(process.env)) {
  try {
    return await promisify(execFile)(command, args, { cwd, env, maxBuffer: 1e8 })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error })
  }
}

it.each(['lunaroute', 'lunaroute-server'])('installs the command %s', async command => {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const { stdout } = await run('npx', ['--no-install', command, '--version'])
  expect(stdout).toBe(`${version}\n`)
})

it('serves with its defaults', async () => {
  const port = await freePort()
  const args = ['--no-install', 'lunaroute', '--port', String(port)]
  server = spawn('npx', args, { cwd: folder, env: environment, stdio: 'ignore' })
  const health = async () => {
    const reply = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined)
    return reply?.ok ? ((await reply.json()) as { service: string; pid: number }) : undefined
  }
  await until(
    async () => (await health()) !== undefined,
    () => 'no answer to GET /healthz',
  )
  const { service, pid } = (await health())!
  expect(service).toBe('lunaroute')
  process.kill(pid, 'SIGTERM')
})

it('has every page that its pages lead to', async () => {
  const root = join(folder, 'node_modules/lunaroute')
  const names = (await readdir(root, { recursive: true })).filter(name =>
    /^[^/]+\.md$|^(?:docs|plugins)\/.*\.md$/.test(name),
  )
  expect(names).toContain('plugins/router/README.md')
  for (const name of names) {
    const text = await readFile(join(root, name), 'utf8')
    for (const [, target] of text.matchAll(/\]\(([^):#\s]+\.md)/g)) {
      await expect(access(join(root, dirname(name), target!)), `${name} leads to ${target}`).resolves.toBeUndefined()
    }
  }
})

it('holds no test, no source and no map', async () => {
  const { stdout } = await run('tar', ['tzf', tarball])
  const files = stdout.trim().split('\n')
  expect(
    files.filter(file => /\.test\.|\.map$|node_modules|(?<!\.d)\.ts$/.test(file) && !/\/docs\//.test(file)),
  ).toEqual([])
  for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md', 'docs/cli.md', 'dist/src/cli/main.js']) {
    expect(files).toContain(`package/${file}`)
  }
})

it('gives the author of a config and a plugin their types', async () => {
  await writeFile(join(folder, 'lunaroute.config.ts'), CONFIG)
  await writeFile(join(folder, 'stamp.ts'), PLUGIN)
  const settings = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--skipLibCheck']
  const more = ['--allowImportingTsExtensions', '--types', '']
  const { stdout } = await run(join(BIN, 'tsc'), [...settings, ...more, 'lunaroute.config.ts', 'stamp.ts'])
  expect(stdout).toBe('')
})

it('runs that config', async () => {
  const { stdout } = await run('npx', ['--no-install', 'lunaroute', 'explain'], folder, environment)
  expect(stdout).toMatch(/egress +stamp/)
})

it('gives them to a config with no node_modules near it, by the tsconfig of the docs', async () => {
  const alone = await mkdtemp(join(tmpdir(), 'alone-'))
  const settings = await readFile(join(ROOT, 'docs/examples/editor.tsconfig.json'), 'utf8')
  await writeFile(join(alone, 'tsconfig.json'), settings.replaceAll('ROOT', join(folder, 'node_modules')))
  await writeFile(join(alone, 'lunaroute.config.ts'), CONFIG)
  await writeFile(join(alone, 'stamp.ts'), PLUGIN)
  await run(join(BIN, 'tsc'), ['-p', alone])
  const { stdout } = await run(join(folder, 'node_modules/.bin/lunaroute'), ['check'], alone, environment)
  expect(stdout).toContain(`ok: ${join(alone, 'lunaroute.config.ts')}`)
  await rm(alone, { recursive: true })
})

it('satisfies publint', async () => {
  const { stdout } = await run(join(BIN, 'publint'), ['run', tarball, '--strict'])
  expect(stdout).toContain('All good!')
})

it('has the right types, says attw', async () => {
  const { stdout } = await run(join(BIN, 'attw'), ['--profile', 'esm-only', '--format', 'ascii', tarball])
  expect(stdout).toContain('"lunaroute"')
})

const CONFIG = `import { defineConfig } from 'lunaroute'
import openai from 'lunaroute/plugins/openai'
import passthrough from 'lunaroute/presets/passthrough'
import stamp from './stamp.ts'

export default defineConfig({ extends: [passthrough], plugins: [openai(), stamp({ value: 'search' })] })
// @ts-expect-error the option is required
stamp({})
// @ts-expect-error a misspelled key
defineConfig({ prot: 1 })
`

const PLUGIN = `import { definePlugin, Type } from 'lunaroute'

export default definePlugin({
  name: 'stamp',
  options: Type.Object({ value: Type.String() }),
  setup({ value }) {
    const length: number = value.length
    return {
      egress(attempt) {
        return { ...attempt, headers: { ...attempt.headers, 'x-team': value, 'x-length': String(length) } }
      },
    }
  },
})

definePlugin({
  name: 'misspelled',
  // @ts-expect-error there is no such hook
  setup: () => ({ ingress() {}, egres() {} }),
})
`
