import { describe, expect, test } from 'vitest'
import { workspace } from './workspace.ts'

const STAMP = `import { definePlugin, Type } from 'lunaroute'
export default definePlugin({
  name: 'stamp',
  options: Type.Object({ word: Type.String() }),
  setup: () => ({}),
})`

const names = (loaded: { config: { plugins: readonly { plugin: { name: string } }[] } }) =>
  loaded.config.plugins.map(({ plugin }) => plugin.name)

test('data files name presets and plugins: shipped, by path, and by package, with options', async () => {
  const project = workspace({
    'lunaroute.config.yaml': `extends: only-alpha
plugins:
  - gamma
  - name: ./plugins/stamp.ts
    options: { word: hi }
  - { name: beta, options: { limit: "3" } }
  - "@acme/wordy"
`,
    'plugins/stamp.ts': STAMP,
    'node_modules/@acme/wordy/package.json': '{ "type": "module", "exports": { "import": "./i.js" } }',
    'node_modules/@acme/wordy/i.js': `export default () => ({ name: 'wordy', requires: [], failure: 'closed',
      capabilities: [], dialects: [], providers: {}, env: {}, providerKeys: [], setup: () => ({}) })`,
  })
  const loaded = await project.load()
  expect(names(loaded)).toEqual(['alpha', 'gamma', 'stamp', 'beta', 'wordy'])
  expect(loaded.config.plugins[2]?.options).toEqual({ word: 'hi' })
  expect(loaded.config.plugins[3]?.options).toMatchObject({ limit: 3 })
  expect([...loaded.files].sort()).toEqual(['lunaroute.config.yaml', 'plugins/stamp.ts'].map(project.path))
})

test('a later plugin of the same name takes the place of the earlier', async () => {
  const project = workspace({
    'lunaroute.config.ts': `import beta from 'lunaroute/plugins/beta'
      export default { extends: ['default', 'only-alpha'], plugins: [null, ['gamma', [false]], beta({ limit: 9 })] }`,
  })
  const loaded = await project.load()
  expect(names(loaded)).toEqual(['alpha', 'beta', 'gamma'])
  expect(loaded.config.plugins[1]?.options).toMatchObject({ limit: 9 })
})

test('a preset may be a file, whose relative names are relative to it', async () => {
  const project = workspace({
    'lunaroute.config.json': '{ "extends": ["./presets/mine.ts"] }',
    'presets/mine.ts': `export default ['gamma', './word.ts']`,
    'presets/word.ts': `import { definePlugin } from 'lunaroute'\nexport default definePlugin({ name: 'word', setup: () => ({}) })()`,
  })
  expect(names(await project.load())).toEqual(['gamma', 'word'])
})

describe('mistakes', () => {
  test.each([
    ['extends: defalt', 'extends', 'no preset "defalt" ships with lunaroute', '(did you mean "default"?)'],
    [
      'plugins: [gamma, quite-other]',
      'plugins[1]',
      'no plugin "quite-other" ships',
      'those that ship are alpha, beta, gamma',
    ],
    ['plugins: [gamma, { nam: x }]', 'plugins[1]', 'found an object with nam where a plugin belongs', ''],
    ['plugins: gamma', 'plugins', 'must be a list, is a string', ''],
    ['plugins: [./nope.ts]', 'plugins[0]', 'there is no file', 'nope.ts'],
    ['plugins: [./text.ts]', 'plugins[0]', 'must export by default what definePlugin returns, not a string', ''],
    ['extends: ./text.ts', 'extends', 'must export a list of plugins by default, not a string', ''],
    ['plugins: [{ name: gamma, options: { a: 1 } }]', 'plugins[0]', 'the plugin "gamma" takes no options', ''],
  ])('%s', async (yaml, key, message, more) => {
    const project = workspace({ 'lunaroute.config.yaml': `port: 1\n${yaml}\n`, 'text.ts': `export default 'text'` })
    const error = await project.failure()
    expect(error.location).toMatchObject({ file: project.path('lunaroute.config.yaml'), line: 2, key })
    expect(error.message).toContain(message)
    expect(error.message).toContain(more)
  })

  test('a plugin that was not called', async () => {
    const project = workspace({
      'lunaroute.config.ts': `import gamma from 'lunaroute/plugins/gamma'\nexport default { plugins: [[gamma]] }`,
    })
    const error = await project.failure()
    expect(error.message).toContain('found a function where a plugin belongs: call it')
    expect(error.location).toMatchObject({ line: 2, key: 'plugins[0][0]' })
  })

  test('a plugin that fails while it is made', async () => {
    const project = workspace({
      'lunaroute.config.yaml': 'port: 1\nplugins: [./bad.ts]',
      'bad.ts': `export default () => { throw new Error('no luck') }`,
    })
    const error = await project.failure()
    expect(error.message).toBe('"./bad.ts" failed when it was called: no luck')
    expect(error.location).toMatchObject({ line: 2, key: 'plugins[0]' })
  })

  test('the files of plugins that were loaded before are watched', async () => {
    const project = workspace({ 'lunaroute.config.yaml': 'plugins: [./a.ts, ./b.ts]', 'a.ts': STAMP, 'b.ts': '{' })
    expect((await project.failure()).files).toEqual(['lunaroute.config.yaml', 'a.ts', 'b.ts'].map(project.path))
  })
})

describe('options', () => {
  test('code is under the file, which is under the environment', async () => {
    const project = workspace({
      'lunaroute.config.ts': `import beta from 'lunaroute/plugins/beta'
        export default { plugins: [beta({ mode: 'warn', limit: 2 })], logging: { limit: 3 } }`,
    })
    expect((await project.load()).config.plugins[0]?.options).toEqual({ mode: 'warn', limit: 3, log_requests: false })
    const { config } = await project.load({
      env: { LUNAROUTE_BETA_MODE: 'debug', LUNAROUTE_LOG_REQUESTS: 'ON', BETA_DEEP: '1.5' },
    })
    expect(config.plugins[0]?.options).toEqual({ mode: 'debug', limit: 3, log_requests: true, deep: { value: 1.5 } })
  })

  test.each([
    [
      'yaml',
      'port: 1\nlogging:\n  moed: info\n',
      3,
      'option moed of plugin "beta": unknown key "moed" (did you mean "mode"?)',
    ],
    ['yaml', 'port: 1\nlogging:\n  mode: wran\n', 3, 'must be one of debug, info, warn (did you mean "warn"?)'],
    [
      'yaml',
      'plugins:\n  - name: beta\n    options:\n      limit: 0\n',
      4,
      'option limit of plugin "beta": must be >= 1',
    ],
    ['yaml', 'logging:\n  deep:\n    value: 1\n    vlaue: 2\n', 4, 'option deep.vlaue of plugin "beta": unknown key'],
    [
      'ts',
      `import beta from 'lunaroute/plugins/beta'\nexport default { plugins: [\n  beta({\n    limit: '3' })] }`,
      4,
      'must be an integer',
    ],
  ])('a mistake in %s is located', async (extension, text, line, message) => {
    const project = workspace({ [`lunaroute.config.${extension}`]: text })
    const error = await project.failure()
    expect(error.message).toContain(message)
    expect(error.plugin).toBe('beta')
    expect(error.location).toMatchObject({ file: project.path(`lunaroute.config.${extension}`), line })
  })

  test('a required option that is missing names the plugin', async () => {
    const project = workspace({ 'lunaroute.config.yaml': 'plugins: [./stamp.ts]', 'stamp.ts': STAMP })
    expect((await project.failure()).message).toBe('plugin "stamp": "word" is missing')
  })

  test('options given in code are not changed by checking them', async () => {
    const project = workspace({
      'lunaroute.config.ts': `import beta from 'lunaroute/plugins/beta'
        const options = Object.freeze({ limit: 4 })
        export default { plugins: [beta(options)] }`,
    })
    expect((await project.load()).config.plugins[0]?.options).toMatchObject({ limit: 4, mode: 'info' })
  })

  test('a schema that ajv cannot read names the plugin', async () => {
    const project = workspace({
      'lunaroute.config.ts': `import { definePlugin } from 'lunaroute'
        export default { plugins: [definePlugin({ name: 'odd', options: { type: 'nonsense' }, setup: () => ({}) })()] }`,
    })
    expect((await project.failure()).message).toContain('the option schema of plugin "odd" is not valid')
  })
})
