import { expect, test } from 'vitest'
import { workspace } from './workspace.ts'

const yaml = (text: string) => workspace({ 'lunaroute.config.yaml': text })

test('the core reads level and format of logging, the environment over the file', async () => {
  const project = yaml('logging: { level: debug, format: json }')
  expect((await project.load()).config.logging).toEqual({ level: 'debug', format: 'json' })
  const { config, warnings } = await project.load({ env: { LUNAROUTE_LOG_LEVEL: 'warn' } })
  expect(config.logging).toEqual({ level: 'warn', format: 'json' })
  expect(warnings).toEqual([])
})

test('what is left of logging goes to the plugin of that section', async () => {
  const { config } = await yaml('logging: { level: debug, log_requests: true }').load()
  expect(config.plugins[1]?.options).toMatchObject({ log_requests: true })
})

test('a documented key of logging that no plugin reads is a warning', async () => {
  const project = yaml('plugins: []\nlogging:\n  log_requests: true\n  log_sql_queries: true\n')
  const { warnings } = await project.load()
  expect(warnings.map(warning => warning.replace(`${project.folder}/lunaroute.config.yaml:`, ''))).toEqual([
    '4 logging.log_sql_queries: has no effect yet',
    '3 logging.log_requests: no loaded plugin reads this key',
  ])
})

test('any other key of logging that no plugin reads is an error', async () => {
  const error = await yaml('plugins: []\nlogging:\n  levl: info\n').failure()
  expect(error.message).toBe('unknown key "levl" (did you mean "level"?)')
  expect(error.location).toMatchObject({ line: 3, key: 'logging.levl' })
})

test('a configuration may be given as a value', async () => {
  const { config, file } = await yaml('port: 1').load({ config: { port: 2, plugins: [] } })
  expect(file).toBeNull()
  expect(config.server.listeners[0]?.port).toBe(2)
})

test('a misspelled key of the core is named as such, whatever plugin reads the rest', async () => {
  await expect(yaml('logging: { levl: debug }').load()).rejects.toThrow('unknown key "levl" (did you mean "level"?)')
})
