import { expect, test } from 'vitest'
import { workspace } from './workspace.ts'

test.each([
  ['yaml', 'prot: 1\n', 1, 'unknown key "prot" (did you mean "port"?)'],
  ['toml', 'port = 1\n[http_client]\ntimeout_sec = 3\n', 3, 'unknown key "timeout_sec" (did you mean "timeout_secs"?)'],
  ['yaml', 'providers:\n  openai:\n    baseUrl: x\n', 3, 'unknown key "baseUrl" (did you mean "base_url"?)'],
  ['json', '{\n "listeners": [\n  { "port": 1, "tsl": {} }\n ]\n}', 3, 'unknown key "tsl" (did you mean "tls"?)'],
  ['ts', 'export default {\n  plugin: [],\n}', 2, 'unknown key "plugin" (did you mean "plugins"?)'],
  ['ts', 'export default {\n  http_client: {\n    max_retires: 2 },\n}', 3, '(did you mean "max_retries"?)'],
  ['yaml', 'host: x\nport: many\n', 2, 'must be an integer, is a string'],
  ['yaml', 'port: 70000\n', 1, 'must be <= 65535'],
  ['yaml', 'http_server: []\n', 1, 'must be an object, is a list'],
  ['ts', `export default {\n  port: '9000' }`, 2, 'must be an integer, is a string'],
  ['yaml', 'loging: {}\n', 1, 'unknown key "loging" (did you mean "logging"?)'],
])('a mistake in %s is located: %j', async (extension, text, line, message) => {
  const project = workspace({ [`lunaroute.config.${extension}`]: text })
  const error = await project.failure()
  expect(error.message).toContain(message)
  expect(error.location).toMatchObject({ file: project.path(`lunaroute.config.${extension}`), line })
})

test('all mistakes are told at once, the first in the file first', async () => {
  const project = workspace({ 'lunaroute.config.yaml': 'http_client:\n  timeout_secs: x\nport: y\nhots: z\n' })
  const error = await project.failure()
  expect(error.toString().split('\n')).toEqual([
    `${project.path('lunaroute.config.yaml')}:2:3 http_client.timeout_secs: must be a number, is a string`,
    `  also ${project.path('lunaroute.config.yaml')}:3:1 port: must be an integer, is a string`,
    `  also ${project.path('lunaroute.config.yaml')}:4:1 hots: unknown key "hots" (did you mean "host"?)`,
  ])
})

test('a section that a loaded plugin reads holds its options', async () => {
  const project = workspace({ 'lunaroute.config.yaml': 'logging: { mode: debug, level: warn, log_requests: yes }\n' })
  const { config, warnings } = await project.load()
  expect(config.plugins[1]?.options).toEqual({ mode: 'debug', log_requests: true, limit: 5 })
  expect(config.logging.level).toBe('warn')
  expect(warnings).toEqual([])
})

test('the section of a plugin that ships and is not loaded is told with its plugin', async () => {
  const error = await workspace({ 'lunaroute.config.yaml': 'port: 1\ngamma: {}\n' }).failure()
  expect(error.message).toBe(
    'the section "gamma" is that of the plugin gamma, which this configuration does not have; add "gamma" to its plugins',
  )
  expect(error.location).toMatchObject({ line: 2, key: 'gamma' })
})

test('a documented section that no plugin reads is a warning with its line', async () => {
  const project = workspace({ 'lunaroute.config.yaml': 'port: 1\nui:\n  enabled: true\n' })
  const { warnings } = await project.load()
  expect(warnings).toEqual([`${project.path('lunaroute.config.yaml')}:2 ui: no loaded plugin reads this section`])
})

test('a key with nothing behind it counts as absent', async () => {
  const project = workspace({
    'lunaroute.config.yaml': 'host:\nproviders:\n  openai:\n    api_key:\nlogging:\n  level:\n',
  })
  const { config } = await project.load()
  expect(config.server.listeners[0]?.host).toBe('127.0.0.1')
  expect(config.providers[0]?.apiKeys).toEqual([])
  expect(config.plugins[1]?.options).toMatchObject({ mode: 'info' })
})
