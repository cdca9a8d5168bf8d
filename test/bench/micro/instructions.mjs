// What a request costs in instructions, the kernel's left out: a count and no time, so a slow hour of the machine or its
// neighbours do not change it; V8's compiler does, by some two per cent. valgrind runs a program fifty times slower: allow
// five minutes for each subject. Run `npm run build` first; takes names of subjects, the first of which is what the others
// are compared with.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { chatBody } from '../bodies.mjs'
import { gatewayCommand } from '../gateway.mjs'
import { freePort, start, stop } from '../processes.mjs'

const WARM_UP = 12_000
const COUNTED = 3_000
const AT_ONCE = 16
const START_LIMIT_MS = 120_000

const names = process.argv.slice(2)
if (names.length === 0) names.push('passthrough', 'routing', 'resilience')
if (spawnSync('valgrind', ['--version']).status !== 0) {
  console.log('not measured: valgrind is not installed')
  process.exit()
}
const folder = mkdtempSync(path.join(os.tmpdir(), 'lunaroute-instructions-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

let base
for (const name of names) {
  const count = await instructionsOf(name)
  base ??= count
  console.log(name.padEnd(12), `${Math.round(count / 1000)} k instructions a request`, `${(count / base).toFixed(2)} x`)
}

async function instructionsOf(name) {
  const upstreamPort = await freePort()
  const port = await freePort()
  const mock = start(
    'mock',
    [process.execPath, fileURLToPath(new URL('../mock-upstream.mjs', import.meta.url)), String(upstreamPort)],
    folder,
  )
  const out = path.join(folder, `${name}.callgrind`)
  // Machine code that V8 writes over is only seen with the first; the counts are taken between two words from here.
  const counter = ['valgrind', '--smc-check=all-non-file', '--tool=callgrind', `--callgrind-out-file=${out}`]
  const subject = start(name, [...counter, ...gatewayCommand(name, { port, upstreamPort, folder })], folder, 'subject')
  try {
    await serving(port)
    await send(port, WARM_UP)
    tell(subject, '--zero')
    await send(port, COUNTED)
    tell(subject, '--dump')
    const [, sum] = /^summary: (\d+)/m.exec(readFileSync(`${out}.1`, 'utf8'))
    return Number(sum) / COUNTED
  } catch (cause) {
    throw new Error(`${name} could not be measured:\n${subject.log()}`, { cause })
  } finally {
    await stop(subject)
    await stop(mock)
  }
}

function tell({ child }, word) {
  execFileSync('callgrind_control', [word, String(child.pid)], { stdio: 'ignore' })
}

async function serving(port) {
  const until = performance.now() + START_LIMIT_MS
  while (performance.now() < until) {
    if (await request(port).catch(() => false)) return
    await delay(500)
  }
  throw new Error('it does not serve')
}

async function send(port, count) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE })
  let left = count
  const inTurn = async () => {
    while (left-- > 0) if (!(await request(port, agent))) throw new Error('a request failed')
  }
  await Promise.all(Array.from({ length: AT_ONCE }, inTurn))
  agent.destroy()
}

/** Whether it was answered well. */
function request(port, agent) {
  const body = chatBody('mock-b1500', false)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const sent = http.request({ port, host: '127.0.0.1', method: 'POST', path: '/v1/chat/completions', agent, headers })
    sent.on('error', reject)
    sent.on('response', response => response.resume().on('end', () => resolve(response.statusCode === 200)))
    sent.end(body)
  })
}
