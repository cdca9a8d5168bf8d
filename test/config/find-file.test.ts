import { describe, expect, test } from 'vitest'
import { workspace } from './workspace.ts'

const port = (number: number) => `export default { port: ${number} }`

describe('finding the config file', () => {
  test('without any file the preset named default serves', async () => {
    const project = workspace()
    const { config, file, files, warnings } = await project.load()
    expect(file).toBeNull()
    // A file that is written later is noticed.
    expect(files).toContain(project.path('lunaroute.config.ts'))
    expect(warnings).toEqual([])
    expect(config.plugins.map(({ plugin }) => plugin.name)).toEqual(['alpha', 'beta'])
    expect(config.server.listeners).toEqual([
      { name: 'default', host: '127.0.0.1', port: 8081, dialects: null, tls: null, bodyLimit: 104_857_600 },
    ])
  })

  test.each([
    'ts',
    'mts',
    'js',
    'mjs',
    'cjs',
    'json',
    'yaml',
    'yml',
    'toml',
  ])('lunaroute.config.%s', async extension => {
    const text = { json: '{ "port": 9001 }', yaml: 'port: 9001', yml: 'port: 9001', toml: 'port = 9001' }[extension]
    const code = extension === 'cjs' ? 'module.exports = { port: 9001 }' : port(9001)
    const project = workspace({ [`lunaroute.config.${extension}`]: text ?? code })
    const { config, file } = await project.load()
    expect(file).toBe(project.path(`lunaroute.config.${extension}`))
    expect(config.server.listeners[0]?.port).toBe(9001)
  })

  test('the key lunaroute of package.json', async () => {
    const project = workspace({ 'package.json': '{\n  "name": "x",\n  "lunaroute": {\n    "port": "no"\n  }\n}' })
    const { location } = await project.failure()
    expect(location).toEqual({ file: project.path('package.json'), line: 4, column: 5, key: 'port' })
  })

  test('--config wins over LUNAROUTE_CONFIG, which wins over the folder', async () => {
    const project = workspace({ 'lunaroute.config.ts': port(1), 'a.ts': port(2), 'b.ts': port(3) })
    const env = { LUNAROUTE_CONFIG: 'a.ts' }
    expect((await project.load({ env })).file).toBe(project.path('a.ts'))
    expect((await project.load({ env, file: 'b.ts' })).file).toBe(project.path('b.ts'))
    expect((await project.load({ env, overrides: { LUNAROUTE_CONFIG: 'b.ts' } })).file).toBe(project.path('b.ts'))
  })

  test('a parent folder is searched as far as the root of its project', async () => {
    const project = workspace({ 'lunaroute.config.ts': port(1), 'package.json': '{}', 'a/b/x': '' })
    expect((await project.load({ cwd: project.path('a/b') })).file).toBe(project.path('lunaroute.config.ts'))
    project.write('a/package.json', '{}')
    expect((await project.load({ cwd: project.path('a/b') })).file).toBeNull()
  })

  test('a parent folder that is no part of a project is not searched', async () => {
    const project = workspace({ 'lunaroute.config.ts': port(1), 'a/x': '' })
    expect((await project.load({ cwd: project.path('a') })).file).toBeNull()
  })

  test('the config in the home folder comes last, and ~ is expanded', async () => {
    const project = workspace()
    const file = project.write('../home/.lunaroute/config.yaml', 'port: 9002')
    expect((await project.load()).file).toBe(file)
    expect((await project.load({ file: '~/.lunaroute/config.yaml' })).file).toBe(file)
  })

  test('a named file that is missing is an error, and is watched', async () => {
    const project = workspace()
    const error = await project.failure({ file: 'nope.yaml' })
    expect(error.toString()).toBe(`${project.path('nope.yaml')}: --config names a file that does not exist`)
    expect(error.files).toEqual([project.path('nope.yaml')])
  })

  test('a named file of unknown kind is an error', async () => {
    const project = workspace({ 'config.ini': '' })
    expect((await project.failure({ env: { LUNAROUTE_CONFIG: 'config.ini' } })).message).toContain(
      'unknown kind ".ini"',
    )
  })

  test('an empty data file means the defaults', async () => {
    const project = workspace({ 'lunaroute.config.yaml': '# nothing yet\n' })
    expect((await project.load()).config.plugins).toHaveLength(2)
  })
})
