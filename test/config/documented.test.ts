import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { ResolvedConfig } from '../../src/config/resolved.ts'
import { workspace } from './workspace.ts'

const FOLDER = new URL('documented/', import.meta.url)
const env = { ANTHROPIC_API_KEY: 'ak' }

/** What is said about each file, and one thing that shows it was read. */
const EXPECTED: Readonly<
  Record<string, readonly [warnings: readonly string[], shows: (config: ResolvedConfig) => boolean]>
> = {
  'readme.yaml': [
    [
      '22 session_recording',
      '38 ui',
      '27 session_recording.jsonl',
      '33 session_recording.pii',
      '24 session_recording.sqlite',
    ],
    config => config.providers[0]?.upstream.idleTimeout === 600_000,
  ],
  'server-readme.yaml': [
    ['11 session_recording', '5 session_stats_max_sessions'],
    config => config.providers[1]?.apiKeys[0] === 'ak',
  ],
  'server-readme.toml': [
    [
      '10 providers.openai.request_headers',
      '13 providers.openai.request_body',
      '16 providers.openai.response_body',
      '20 providers.openai.codex_auth',
    ],
    config => config.server.listeners[0]?.dialects?.length === 2,
  ],
  'dual-dialect-passthrough.yaml': [
    [
      '9 providers.openai.codex_auth',
      '17 session_recording',
      '30 ui',
      '19 session_recording.jsonl',
      '22 session_recording.sqlite',
    ],
    config => config.providers[0]?.baseUrl === 'https://chatgpt.com/backend-api/codex',
  ],
  'production.yaml': [
    [
      '6 http_server.tcp_nodelay',
      '7 http_server.tcp_keepalive_secs',
      '8 http_server.sse_keepalive_interval_secs',
      '9 http_server.sse_keepalive_enabled',
      '10 http_server.send_buffer_size',
      '11 http_server.recv_buffer_size',
    ],
    config => config.providers.length === 1 && config.server.listeners[0]?.bodyLimit === 52_428_800,
  ],
  'connection-pool.toml': [
    ['14 providers.openai.http_client.max_retries'],
    config => config.providers[1]?.upstream.connectTimeout === 5000,
  ],
  'bypass.yaml': [['4 bypass'], config => config.providers.length === 2],
  'extra-providers.yaml': [
    ['8 providers.groq.model', '12 providers.gateway.switch_notification_message', '17 routing'],
    config => config.providers.map(({ name }) => name).join() === 'openai,anthropic,groq,gateway',
  ],
}

test('every documented config is tried', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(EXPECTED).sort())
})

test.each(Object.entries(EXPECTED))('%s loads, and what has no effect is reported', async (name, [expected, shows]) => {
  const project = workspace({ [name]: readFileSync(new URL(name, FOLDER), 'utf8') })
  const { config, warnings } = await project.load({ file: name, env })
  const told = warnings.map(warning => warning.replace(`${project.path(name)}:`, '').split(': ')[0])
  expect(told).toEqual(expected)
  expect(shows(config)).toBe(true)
})

test('a store that does not exist yet is reported where recording does', async () => {
  const recorder = `import { definePlugin, Type } from 'lunaroute'
    const options = Type.Object({ enabled: Type.Boolean() })
    export default definePlugin({ name: 'recorder', section: 'session_recording', options, setup: () => ({}) })`
  const recording =
    'plugins: [./recorder.ts]\nsession_recording:\n  enabled: true\n  postgres: { connection_string: x }\n'
  const { warnings } = await workspace({ 'lunaroute.config.yaml': recording, 'recorder.ts': recorder }).load()
  expect(warnings).toEqual([
    expect.stringContaining('4 session_recording.postgres: no loaded plugin reads this section'),
  ])
})
