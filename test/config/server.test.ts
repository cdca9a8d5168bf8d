import { expect, test } from 'vitest'
import { workspace } from './workspace.ts'

const yaml = (text: string, more: Record<string, string> = {}) => workspace({ 'lunaroute.config.yaml': text, ...more })

test('listeners take what they do not say from the config', async () => {
  const project = yaml(
    `host: 0.0.0.0
api_dialect: anthropic
http_server: { max_request_body_bytes: 1000, header_timeout_ms: 5, keepalive_timeout_secs: 2, shutdown_timeout_secs: 1, allowed_hosts: [a.test] }
listeners:
  - port: 9100
  - { name: secure, host: 127.0.0.1, port: 9101, dialects: [openai, anthropic-messages], body_limit: 5, tls: { cert: ./c.pem, key: ~/k.pem } }
`,
    { 'c.pem': 'CERT', '../home/k.pem': 'KEY' },
  )
  const { config, files } = await project.load()
  expect(config.server).toEqual({
    listeners: [
      { name: 'default', host: '0.0.0.0', port: 9100, dialects: ['anthropic-messages'], tls: null, bodyLimit: 1000 },
      {
        name: 'secure',
        host: '127.0.0.1',
        port: 9101,
        dialects: ['openai-chat', 'openai-responses', 'anthropic-messages'],
        tls: { cert: 'CERT', key: 'KEY' },
        bodyLimit: 5,
      },
    ],
    headerTimeout: 5,
    keepAliveTimeout: 2000,
    shutdownTimeout: 1000,
    allowedHosts: ['a.test'],
  })
  expect(files).toContain(project.path('c.pem'))
})

test('host and port of the environment go to the first listener', async () => {
  const project = yaml('port: 1\nlisteners: [{ host: a.test, port: 9100 }, { host: b.test, port: 9101 }]')
  const { config, warnings } = await project.load({ env: { LUNAROUTE_PORT: '9200', LUNAROUTE_HOST: 'c.test' } })
  expect(config.server.listeners.map(({ host, port }) => `${host}:${port}`)).toEqual(['c.test:9200', 'b.test:9101'])
  expect(warnings).toEqual([expect.stringContaining('port: has no effect, because listeners are given')])
})

test.each([
  ['api_dialect: gemini', 1, 'no loaded plugin speaks the dialect "gemini"; loaded are openai-chat'],
  ['listeners:\n  - { port: 1, dialects: [both, antropic] }', 2, '(did you mean "anthropic"?)'],
  ['listeners:\n  - { port: 1, name: a }\n  - { port: 2, name: a }', 3, 'another listener named "a"'],
  ['listeners:\n  - { port: 1 }\n  - { port: 1 }', 3, 'listens on 127.0.0.1:1, as "default" does'],
  [
    'listeners:\n  - port: 1\n    tls:\n      cert: nope.pem\n      key: nope.pem',
    4,
    'nope.pem cannot be read (ENOENT)',
  ],
  ['listeners:\n  - { host: x }', 2, '"port" is missing'],
  ['listeners: []', 1, 'must NOT have fewer than 1 items'],
])('%j is a located error', async (text, line, message) => {
  const error = await yaml(text).failure()
  expect(error.message).toContain(message)
  expect(error.location?.line).toBe(line)
})

test('a dialect may be written in capitals, in the file and in the environment', async () => {
  const project = yaml('api_dialect: Anthropic')
  expect((await project.load()).config.server.listeners[0]!.dialects).toEqual(['anthropic-messages'])
  const { config } = await project.load({ env: { LUNAROUTE_DIALECT: 'BOTH' } })
  expect(config.server.listeners[0]!.dialects).toBe(null)
})
