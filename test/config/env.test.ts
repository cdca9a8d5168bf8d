import { expect, test } from 'vitest'
import { workspace } from './workspace.ts'

test('the file is under the environment, which is under the command line', async () => {
  const project = workspace({ 'lunaroute.config.yaml': 'port: 1\nhost: a.test\n' })
  const env = { LUNAROUTE_PORT: '2', LUNAROUTE_HOST: 'b.test' }
  const { config } = await project.load({ env, overrides: { LUNAROUTE_PORT: '3', LUNAROUTE_HOST: undefined } })
  expect(config.server.listeners[0]).toMatchObject({ host: 'b.test', port: 3 })
})

test('an empty variable counts as unset', async () => {
  const { config } = await workspace().load({ env: { LUNAROUTE_PORT: '', OPENAI_API_KEY: '' } })
  expect(config.server.listeners[0]?.port).toBe(8081)
  expect(config.providers[0]?.apiKeys).toEqual([])
})

test('LUNAROUTE_DIALECT narrows what is served to a family', async () => {
  const { config } = await workspace().load({ env: { LUNAROUTE_DIALECT: 'openai' } })
  expect(config.server.listeners[0]?.dialects).toEqual(['openai-chat', 'openai-responses'])
})

test.each([
  ['LUNAROUTE_PORT', '80a', 'the environment variable LUNAROUTE_PORT must be an integer'],
  ['LUNAROUTE_PORT', '70000', 'the environment variable LUNAROUTE_PORT must be <= 65535'],
  ['LUNAROUTE_OPENAI_TIMEOUT_SECS', 'soon', 'the environment variable LUNAROUTE_OPENAI_TIMEOUT_SECS must be a number'],
  ['LUNAROUTE_OPENAI_ENABLE_POOL_METRICS', 'maybe', 'LUNAROUTE_OPENAI_ENABLE_POOL_METRICS must be a boolean'],
  ['LUNAROUTE_LOG_REQUESTS', 'perhaps', 'the environment variable LUNAROUTE_LOG_REQUESTS must be a boolean'],
  ['LUNAROUTE_BETA_MODE', 'inof', 'LUNAROUTE_BETA_MODE must be one of debug, info, warn (did you mean "info"?)'],
  ['LUNAROUTE_DIALECT', 'opnai', 'LUNAROUTE_DIALECT is wrong: no loaded plugin speaks the dialect "opnai"'],
  ['HTTPS_PROXY', 'socks5://p', 'HTTPS_PROXY must be the http:// or https:// URL of a proxy'],
])('%s=%s is an error that names the variable', async (name, value, message) => {
  const error = await workspace().failure({ env: { [name]: value } })
  expect(error.message).toContain(message)
  expect(error.location).toBeUndefined()
})

test.each(['true', '1', 'YES', 'On'])('%s is true', async text => {
  const { config } = await workspace().load({ env: { LUNAROUTE_LOG_REQUESTS: text } })
  expect(config.plugins[1]?.options).toMatchObject({ log_requests: true })
})

test.each(['false', '0', 'No', 'OFF'])('%s is false', async text => {
  const { config } = await workspace().load({ env: { LUNAROUTE_OPENAI_ENABLE_POOL_METRICS: text } })
  expect(config.providers[0]?.upstream.metrics).toBe(false)
})

test.each([
  ['LUNAROUTE_PROT', 'LUNAROUTE_PROT is set, but nothing reads it (did you mean "LUNAROUTE_PORT"?)'],
  ['LUNAROUTE_UI_PORT', 'LUNAROUTE_UI_PORT is set, but no loaded plugin reads it'],
  ['LUNAROUTE_MISTRAL_PLATFORM_MAX_RETRIES', 'is set, but there is no provider "mistral_platform"'],
])('%s is remarked upon', async (name, warning) => {
  const { warnings } = await workspace().load({ env: { [name]: '1' } })
  expect(warnings).toEqual([expect.stringContaining(warning)])
})

test('variables that are read are not remarked upon', async () => {
  const project = workspace({ 'lunaroute.config.yaml': `host: \${LUNAROUTE_OWN_HOST}\n` })
  const env = { LUNAROUTE_BETA_MODE: 'warn', LUNAROUTE_OPENAI_MAX_RETRIES: '1', LUNAROUTE_OWN_HOST: 'h', HOME: '/x' }
  expect((await project.load({ env })).warnings).toEqual([])
})
