import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect, it, onTestFinished } from 'vitest'
import { moduleUrl } from '../src/module-url.ts'
import { dialects } from './dialects/dialects.ts'

const root = new URL('..', import.meta.url).href

it('in a built module it is the file that the source was built into', () => {
  expect(moduleUrl('file:///x/dist/plugins/p/index.js', './worker.ts')).toBe('file:///x/dist/plugins/p/worker.js')
})

it("in the package's own sources it is the built file", () => {
  expect(moduleUrl(`${root}plugins/openai/index.ts`, './codec/chat/index.ts')).toBe(
    `${root}dist/plugins/openai/codec/chat/index.js`,
  )
})

it('in sources of other packages it is the file itself, also where the package is installed beside them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'module-url-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const from = pathToFileURL(join(folder, 'plugin.ts')).href
  const own = pathToFileURL(join(folder, 'worker.ts')).href
  expect(moduleUrl(from, './worker.ts')).toBe(own)
  const installed = join(folder, 'node_modules/lunaroute')
  mkdirSync(join(installed, 'dist'), { recursive: true })
  writeFileSync(join(installed, 'package.json'), '{"name":"lunaroute"}')
  expect(moduleUrl(from, './worker.ts')).toBe(own)
  expect(moduleUrl(from, './worker.js')).toBe(own.replace('.ts', '.js'))
})

it.each(
  dialects.map(({ name, codec, codecModule }) => ({ name, codec, codecModule })),
)('a worker thread imports the codec of $name, and can use it', async ({ name, codec, codecModule }) => {
  expect(existsSync(fileURLToPath(codecModule!))).toBe(true)
  const code = `
      const { parentPort, workerData } = require('node:worker_threads')
      import(workerData.module).then(({ codec }) => {
        const request = codec.readRequest(workerData.wire)
        parentPort.postMessage({ dialect: codec.dialect, messages: request.messages.length })
      })`
  const body = { messages: [{ role: 'user', content: 'a' }], input: 'a', contents: [{ parts: [{ text: 'a' }] }] }
  const wire = { body, model: 'm', isStream: false, operation: 'generate', headers: {} }
  const worker = new Worker(code, { eval: true, workerData: { module: codecModule, wire } })
  onTestFinished(() => void worker.terminate())
  const said = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  expect(said).toEqual({ dialect: name, messages: codec!.readRequest(wire as never).messages.length })
})
