import { symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { definePlugin, GatewayError, type PluginApi } from '../../src/index.ts'
import { workspace } from './workspace.ts'

const names = (loaded: { config: { plugins: readonly { plugin: { name: string } }[] } }) =>
  loaded.config.plugins.map(({ plugin }) => plugin.name)

test('an edit of the config, of a plugin and of what a plugin imports is seen', async () => {
  const project = workspace({
    'lunaroute.config.ts': `import { defineConfig } from 'lunaroute'
      import stamp from './plugins/stamp.js'
      export default defineConfig({ plugins: [stamp()] })`,
    'plugins/stamp.ts': `import { definePlugin } from 'lunaroute'
      import { word } from './deep/word.ts'
      export default definePlugin({ name: 'stamp-' + word, setup: () => ({}) })`,
    'plugins/deep/word.ts': `export const word: string = 'one'`,
  })
  const first = await project.load()
  expect(names(first)).toEqual(['stamp-one'])
  expect([...first.files].sort()).toEqual(
    ['lunaroute.config.ts', 'plugins/deep/word.ts', 'plugins/stamp.ts'].map(project.path),
  )
  project.write('plugins/deep/word.ts', `export const word = 'two'`)
  expect(names(await project.load())).toEqual(['stamp-two'])
  project.write(
    'plugins/stamp.ts',
    `import { definePlugin } from 'lunaroute'
    export default definePlugin({ name: 'other', setup: () => ({}) })`,
  )
  expect(names(await project.load())).toEqual(['other'])
  project.write('lunaroute.config.ts', `export default { plugins: [] }`)
  expect(names(await project.load())).toEqual([])
})

test('lunaroute is the running program, one instance across reloads, with no node_modules near', async () => {
  const project = workspace({
    'lunaroute.config.ts': `import { definePlugin, GatewayError } from 'lunaroute'
      const fail = definePlugin({ name: 'fail', setup() { throw new GatewayError('X', 418, 'teapot') } })
      export default { plugins: [fail()] }`,
  })
  for (const { config } of [await project.load(), await project.load()]) {
    const setup = () => config.plugins[0]!.plugin.setup(undefined, {} as PluginApi)
    expect(setup).toThrow(GatewayError)
  }
})

test('a plugin and a preset that ship can be imported by name', async () => {
  const project = workspace({
    'lunaroute.config.ts': `import beta from 'lunaroute/plugins/beta'
      import onlyAlpha from 'lunaroute/presets/only-alpha'
      export default { extends: onlyAlpha, plugins: [beta({ limit: 7 })] }`,
  })
  const { config } = await project.load()
  expect(names({ config })).toEqual(['alpha', 'beta'])
  expect(config.plugins[1]?.options).toEqual({ limit: 7, mode: 'info', log_requests: false })
})

test('a CommonJS config may require lunaroute', async () => {
  const project = workspace({
    'lunaroute.config.cjs': `const { defineConfig } = require('lunaroute')
      module.exports = defineConfig({ plugins: ['gamma'] })`,
  })
  expect(names(await project.load())).toEqual(['gamma'])
})

test('a misspelled import from lunaroute is a located error', async () => {
  const project = workspace({
    'lunaroute.config.ts': `\nimport { defineConfg } from 'lunaroute'\nexport default defineConfg({})`,
  })
  const { location, message } = await project.failure()
  expect(location).toEqual({ file: project.path('lunaroute.config.ts'), line: 2, column: 10 })
  expect(message).toContain('No matching export in "lunaroute" for import "defineConfg"')
  expect(message).toContain('defineConfig')
})

test('a misspelled plugin of lunaroute is a located error with a suggestion', async () => {
  const project = workspace({
    'lunaroute.config.ts': `import beta from 'lunaroute/plugins/bet'\nexport default { plugins: [beta()] }`,
  })
  const { location, message } = await project.failure()
  expect(location).toMatchObject({ line: 1, column: 18 })
  expect(message).toBe('lunaroute ships no plugin "bet" (did you mean "beta"?)')
})

test('a package is found from the importing file, imported as Node does, and not reloaded', async () => {
  const project = workspace({
    'lunaroute.config.ts': `import { definePlugin } from 'lunaroute'
      import fallback, { word, count } from 'esm-only'
      import legacy from 'legacy'
      import { basename } from 'node:path'
      const name = [word, fallback, legacy.word, basename('/x/y')].join('-')
      count.now++
      export default { port: count.now, plugins: [definePlugin({ name, setup: () => ({}) })()] }`,
    'node_modules/esm-only/package.json': `{ "type": "module", "exports": { "import": "./i.js" } }`,
    'node_modules/esm-only/i.js': `export const word = 'esm'; export const count = { now: 9000 }; export default 'fall'`,
    'node_modules/legacy/package.json': `{ "main": "i.js", "module": "m.js" }`,
    'node_modules/legacy/i.js': `module.exports = { word: 'cjs' }`,
    'node_modules/legacy/m.js': `throw new Error('only for bundlers')`,
  })
  const first = await project.load()
  expect(names(first)).toEqual(['esm-fall-cjs-y'])
  expect(first.files).toEqual([project.path('lunaroute.config.ts')])
  expect((await project.load()).config.server.listeners[0]?.port).toBe(9002)
})

test('a package linked from the same workspace is source: bundled and watched', async () => {
  const project = workspace({
    'lunaroute.config.ts': `import linked from 'linked'\nexport default { plugins: [linked()] }`,
    'node_modules/.keep': '',
    '../linked/package.json': `{ "exports": "./i.ts" }`,
    '../linked/i.ts': `import { definePlugin } from 'lunaroute'
      export default definePlugin({ name: 'linked' as string, setup: () => ({}) })`,
  })
  symlinkSync(project.path('../linked'), project.path('node_modules/linked'))
  const loaded = await project.load()
  expect(names(loaded)).toEqual(['linked'])
  expect(loaded.files).toContain(project.path('../linked/i.ts'))
})

test('a package that is not installed is a located error', async () => {
  const project = workspace({ 'lunaroute.config.ts': `import x from 'not-installed'\nexport default x` })
  const { location, message } = await project.failure()
  expect(location).toMatchObject({ line: 1 })
  expect(message).toContain('Could not resolve "not-installed"')
})

test('import.meta and __dirname are those of each file', async () => {
  const project = workspace({
    'lunaroute.config.ts': `import { here } from './deep/here.ts'
      import { basename } from 'node:path'
      import { definePlugin } from 'lunaroute'
      const name = [basename(here), basename(import.meta.filename), basename(new URL('x', import.meta.url).pathname)]
      export default { plugins: [definePlugin({ name: name.join(), setup: () => ({}) })()] }`,
    'deep/here.ts': `export const here = import.meta.dirname === __dirname ? __dirname : 'differs'`,
  })
  expect(names(await project.load())).toEqual(['deep,lunaroute.config.ts,x'])
})

test('a file may declare __dirname itself', async () => {
  const project = workspace({
    'lunaroute.config.ts': `import { basename, dirname } from 'node:path'
      import { fileURLToPath } from 'node:url'
      import { definePlugin } from 'lunaroute'
      const __dirname = dirname(fileURLToPath(import.meta.url))
      export default { plugins: [definePlugin({ name: basename(__dirname), setup: () => ({}) })()] }`,
  })
  expect(names(await project.load())).toEqual(['project'])
})

test('top-level await works, and lunaroute is still the running program', async () => {
  const project = workspace({
    'lunaroute.config.ts': `import { definePlugin, GatewayError } from 'lunaroute'
      import { join } from 'node:path'
      const word = await Promise.resolve(join('a', 'b'))
      export default { plugins: [definePlugin({ name: word, setup() { throw new GatewayError('X', 418, '') } })()] }`,
  })
  const { config } = await project.load()
  expect(names({ config })).toEqual(['a/b'])
  expect(() => config.plugins[0]!.plugin.setup(undefined, {} as PluginApi)).toThrow(GatewayError)
})

test('a syntax error names file, line and column, and the files read so far', async () => {
  const project = workspace({
    'lunaroute.config.ts': `import plugin from './plugin.ts'\nexport default { plugins: [plugin()] }`,
    'plugin.ts': `export const a = 1\nexport default {,}`,
  })
  const error = await project.failure()
  expect(error.location).toEqual({ file: project.path('plugin.ts'), line: 2, column: 17 })
  expect(error.message).toContain('found ","')
  expect(error.files).toEqual(expect.arrayContaining(['lunaroute.config.ts', 'plugin.ts'].map(project.path)))
})

test('a missing import is watched, so that creating it heals', async () => {
  const project = workspace({
    'lunaroute.config.ts': `import plugin from './plugin.js'\nexport default { plugins: [plugin()] }`,
  })
  const error = await project.failure()
  expect(error.message).toBe('Could not resolve "./plugin.js"')
  expect(error.files).toEqual(expect.arrayContaining(['plugin.js', 'plugin.ts'].map(project.path)))
})

test.each(['', 'await 0\n'])('a config that throws names the line that threw (%j before it)', async before => {
  const project = workspace({
    'lunaroute.config.ts': `import './deep/thrower.ts'\n${before}export default {}`,
    'deep/thrower.ts': `interface Gone {\n  a: 1\n}\nconst list: Gone[] = []\nlist[3]!.a.toString()`,
  })
  const { location, message } = await project.failure()
  expect(location).toMatchObject({ file: project.path('deep/thrower.ts'), line: 5 })
  expect(message).toContain('failed while it was being evaluated: TypeError')
})

test.each([
  [`export const config = {}`, 'has no default export'],
  [`const config = {}`, 'has no default export'],
  [`export default 5`, 'must export a config object by default, not a number'],
  [`export default () => ({})`, 'must export a config object by default, not a function'],
  [`export default [1]`, 'must export a config object by default, not a list'],
])('%s is refused', async (text, message) => {
  const project = workspace({ 'lunaroute.config.ts': text })
  const error = await project.failure()
  expect(error.message).toContain(message)
  expect(error.location).toEqual({ file: project.path('lunaroute.config.ts') })
})

test('a config that exports a plugin by mistake is refused by its keys', async () => {
  expect(definePlugin({ name: 'x', setup: () => ({}) })().name).toBe('x')
  const project = workspace({
    'lunaroute.config.ts': `import { definePlugin } from 'lunaroute'\nexport default definePlugin({ name: 'x', setup: () => ({}) })()`,
  })
  expect((await project.failure()).message).toContain('unknown key "name"')
})

test('a hundred reloads keep nothing of their modules', async () => {
  const project = workspace({
    'lunaroute.config.ts': `import { definePlugin, Type } from 'lunaroute'
      const ballast = new Array(50_000).fill(0).map((_, index) => ({ index }))
      export default { plugins: [definePlugin({
        name: 'heavy', options: Type.Object({ a: Type.Optional(Type.String()) }), setup: () => ({ record() { ballast.at(0) } }) })()] }`,
  })
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heap = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  for (let round = 0; round < 10; round++) await project.load()
  const before = heap()
  for (let round = 0; round < 100; round++) await project.load()
  // One generation's ballast is about 3 MB: a hundred of them would be 300.
  expect((heap() - before) / 1e6).toBeLessThan(6)
})
