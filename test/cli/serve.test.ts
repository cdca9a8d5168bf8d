import { existsSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { Desk, type Served, until } from './command.ts'

let desk: Desk
let upstream: Server
/** Responses the upstream has begun and not ended. */
let streams: ServerResponse[]

beforeEach(async () => {
  desk = await Desk.create()
  streams = []
  upstream = createServer((_request, reply) => {
    reply.writeHead(200, { 'content-type': 'text/event-stream' })
    reply.write('data: first\n\n')
    streams.push(reply)
  })
  const port = await freePort()
  await new Promise<void>(resolve => upstream.listen(port, '127.0.0.1', resolve))
  await desk.write(
    'lunaroute.config.yaml',
    `extends: passthrough\nproviders:\n  openai:\n    base_url: http://127.0.0.1:${port}\n`,
  )
})
afterEach(async () => {
  await desk.clear()
  upstream.closeAllConnections()
  upstream.close()
})

/** A stream whose first event has come through the gateway. */
async function openStream({ url }: Served): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const body = JSON.stringify({ model: 'm', stream: true, messages: [] })
  const headers = { 'content-type': 'application/json' }
  const reply = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
  const reader = reply.body!.getReader()
  expect(textOf(await reader.read())).toBe('data: first\n\n')
  return reader
}

function textOf({ value }: { value?: Uint8Array | undefined }): string {
  return Buffer.from(value ?? []).toString()
}

it('says what it serves when it starts', async () => {
  const { output } = await desk.serve()
  const messages = output
    .trim()
    .split('\n')
    .map(line => (JSON.parse(line) as { msg: string }).msg)
  expect(messages).toContain(`LunaRoute 0.1.0, configuration: ${join(desk.folder, 'lunaroute.config.yaml')}`)
  expect(messages).toContain('provider anthropic at https://api.anthropic.com/: no API key - will use client auth')
  expect(messages).toContain('dialects: openai-chat, openai-responses, anthropic-messages, gemini')
  expect(messages).toContain(`listening on http://127.0.0.1:${desk.port}`)
})

it('never says a key', async () => {
  const child = desk.spawn(['--port', String(desk.port), '--log-level', 'debug'], {
    OPENAI_API_KEY: 'sk-secret-of-mine',
  })
  let output = ''
  child.stdout!.on('data', part => {
    output += part
  })
  await until(
    () => output.includes('listening on'),
    () => output,
  )
  expect(output).toMatch(/provider openai at \S+: API key configured/)
  expect(output).not.toContain('sk-secret')
})

it('lets a running stream finish when it is told to end', async () => {
  const served = await desk.serve()
  const reader = await openStream(served)
  served.child.kill('SIGTERM')
  await served.logged('shutting down')
  await expect(fetch(served.url)).rejects.toThrow()
  streams[0]!.end('data: last\n\n')
  expect(textOf(await reader.read())).toBe('data: last\n\n')
  expect((await reader.read()).done).toBe(true)
  expect(await served.exit).toEqual([0, null])
})

it('ends at once on a second signal', async () => {
  const served = await desk.serve()
  const reader = await openStream(served)
  served.child.kill('SIGINT')
  await served.logged('shutting down')
  served.child.kill('SIGINT')
  expect(await served.exit).toEqual([130, null])
  await expect(reader.read()).rejects.toThrow()
})

it('leaves a pid file while it runs', async () => {
  const served = await desk.serve()
  const file = join(desk.home, `.lunaroute/server-${desk.port}.pid`)
  await until(
    () => existsSync(file),
    () => 'no pid file',
  )
  served.child.kill('SIGTERM')
  await served.exit
  expect(existsSync(file)).toBe(false)
})

it('reloads on SIGHUP', async () => {
  const served = await desk.serve()
  served.child.kill('SIGHUP')
  await served.logged('"generation":2')
  await served.logged('configuration reloaded')
})

it('applies an edit while it runs', async () => {
  const served = await desk.serve()
  await desk.write('lunaroute.config.yaml', 'extends: passthrough\napi_dialect: wrong\n')
  await served.logged('configuration refused, the old one serves on')
  await desk.write('lunaroute.config.yaml', 'extends: passthrough\n')
  await served.logged('configuration reloaded')
})

it.each([
  ['a wrong value', 'extends: passthrough\nport: nine\n', /lunaroute\.config\.yaml:2:\d+ port: /],
  ['an unknown key', 'extends: passthrough\nprot: 9\n', /lunaroute\.config\.yaml:2:1 prot: unknown key "prot".*"port"/],
  ['bad syntax', 'extends: [passthrough\n', /lunaroute\.config\.yaml:\d+:\d+: /],
])('refuses to start with %s, and says where it stands', async (_what, content, message) => {
  await desk.write('lunaroute.config.yaml', content)
  const { code, stdout, stderr } = await desk.run(['serve'])
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/\n\s+at /)
  expect(stdout).toBe('')
  expect(code).toBe(1)
})

it.each([
  [['--port', '70000'], "option '-p, --port <number>' argument '70000' is invalid"],
  [['--log-level', 'loud'], 'Allowed choices are trace, debug, info, warn, error'],
  [['--dialect', 'latin'], '--dialect is wrong: no loaded plugin speaks the dialect "latin"'],
  [['--config', 'nowhere.yaml'], 'nowhere.yaml: --config names a file that does not exist'],
  [['serv'], 'unknown command "serv" (did you mean "serve"?)'],
  [
    ['route', '--preset', 'passthrough'],
    'the command "route" comes with the plugin router, which this configuration does not',
  ],
])('names the flag at fault in %j', async (args, message) => {
  const { code, stderr } = await desk.run(args)
  expect(stderr).toContain(message)
  expect(code).toBe(1)
})

it('says that the port is taken', async () => {
  await desk.serve()
  const { code, stderr } = await desk.run(['serve', '--port', String(desk.port)])
  expect(stderr).toBe(
    `cannot listen on 127.0.0.1:${desk.port}: another program listens there already; choose another with --port\n`,
  )
  expect(code).toBe(1)
})

it('logs a failure nobody caught, and ends', async () => {
  await desk.write(
    'lunaroute.config.mjs',
    `import { definePlugin } from 'lunaroute'
     const late = definePlugin({ name: 'late', setup() { setTimeout(() => { throw new Error('too late') }, 300) } })
     export default { extends: 'passthrough', plugins: [late()] }`,
  )
  const served = await desk.serve(['--config', 'lunaroute.config.mjs'])
  expect(await served.exit).toEqual([1, null])
  expect(served.output).toContain('too late')
  expect(served.output).toContain('"level":"fatal"')
})
