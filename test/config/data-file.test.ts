// biome-ignore-all lint/suspicious/noTemplateCurlyInString: interpolation is what is tested
import { describe, expect, test } from 'vitest'
import { parseDataFile } from '../../src/config/data-file.ts'
import { workspace } from './workspace.ts'

const TEXTS = {
  'a.json': `{
  // comments and trailing commas are tolerated
  "providers": {
    "openai": { "base_url": "x" },
  },
  "plugins": ["one", { "name": "two", "options": { "deep": 1 } }]
}`,
  'a.yaml': `# comment
providers:
  openai:
    base_url: x
plugins:
  - one
  - name: two
    options: { deep: 1 }
`,
  'a.toml': `# comment
note = """
base_url = no
"""
providers.openai.base_url = "x"

[[rules]]
name = "first"
[[rules]]
name = 'second'
[rules.match]
"model.name" = "z"
`,
}

describe('positions', () => {
  test.each([
    ['a.json', ['providers', 'openai', 'base_url'], 4, 17],
    ['a.json', ['plugins', 1, 'options', 'deep'], 6, 52],
    ['a.json', ['providers', 'openai', 'gone'], 4, 5],
    ['a.yaml', ['providers', 'openai', 'base_url'], 4, 5],
    ['a.yaml', ['plugins', 0], 6, 5],
    ['a.yaml', ['plugins', 1, 'options', 'deep'], 8, 16],
    ['a.yaml', ['providers', 'openai', 'gone'], 3, 3],
    ['a.toml', ['providers', 'openai', 'base_url'], 5, 1],
    ['a.toml', ['rules', 1, 'name'], 10, 1],
    ['a.toml', ['rules', 1, 'match', 'model.name'], 12, 1],
    ['a.toml', ['rules', 0], 7, 3],
  ] as const)('%s %j', (file, path, line, column) => {
    expect(parseDataFile(file, TEXTS[file]).position(path)).toEqual({ line, column })
  })

  test('a key that is nowhere has no position', () => {
    for (const [file, text] of Object.entries(TEXTS))
      expect(parseDataFile(file, text).position(['nope'])).toBeUndefined()
  })
})

test.each([
  ['json', '{\n  "port": 1,,\n}', 2, 'invalid JSON'],
  ['yaml', 'port: 1\nhost: "x\n', 3, 'invalid YAML'],
  ['yaml', 'port: 1\nport: 2\n', 2, 'invalid YAML: Map keys must be unique'],
  ['toml', 'port = 1\nhost = \n', 2, 'invalid TOML'],
])('broken %s is a located error', async (extension, text, line, message) => {
  const project = workspace({ [`lunaroute.config.${extension}`]: text })
  const error = await project.failure()
  expect(error.location).toMatchObject({ file: project.path(`lunaroute.config.${extension}`), line })
  expect(error.message).toContain(message)
})

test('a data file that is no mapping is refused', async () => {
  const project = workspace({ 'lunaroute.config.yaml': '- a\n- b\n' })
  expect((await project.failure()).message).toBe('must hold keys and values, not a list')
})

describe('interpolation', () => {
  const yaml = (text: string) => workspace({ 'lunaroute.config.yaml': text })

  test('variables and their defaults are filled in, in values and not in comments', async () => {
    const project = yaml(`# \${NOT_SET}
port: \${PORT}
host: \${HOST:-0.0.0.0}
providers:
  openai: { api_key: "sk-\${KEY}", base_url: "\${EMPTY:-http://x.test}" }
`)
    const { config } = await project.load({ env: { PORT: '9003', KEY: 'k', EMPTY: '' } })
    expect(config.server.listeners[0]).toMatchObject({ host: '0.0.0.0', port: 9003 })
    expect(config.providers[0]).toMatchObject({ apiKeys: ['sk-k'], baseUrl: 'http://x.test' })
  })

  test('a variable that is not set is a located error that names it', async () => {
    const project = yaml('providers:\n  openai:\n    api_key: ${OPENAI_KEY}\n')
    const error = await project.failure()
    expect(error.message).toContain('the environment variable OPENAI_KEY is not set')
    expect(error.location).toMatchObject({ line: 3, column: 5, key: 'providers.openai.api_key' })
  })

  test('what is disabled needs no variable', async () => {
    const { config } = await yaml('providers:\n  openai:\n    enabled: false\n    api_key: ${OPENAI_KEY}\n').load()
    expect(config.providers.map(({ name }) => name)).toEqual(['anthropic'])
  })

  test('$${x} is the text ${x}, and per-request templates are left alone', async () => {
    const project = yaml(`providers:
  openai:
    headers: { x-a: "$\${literal}" }
    request_headers: { x-b: "\${request_id}" }
`)
    const { config, warnings } = await project.load({ env: { request_id: 'frozen' } })
    expect(config.providers[0]?.headers).toEqual({ 'x-a': '${literal}' })
    expect(warnings).toEqual([
      expect.stringContaining('providers.openai.request_headers: no loaded plugin reads this key'),
    ])
  })

  test('what is no name of a variable is an error with the remedy', async () => {
    expect((await yaml('host: "${a.b}"').failure()).message).toContain('write $${a.b} if the text itself is meant')
  })

  test('a code config is not interpolated', async () => {
    const project = workspace({ 'lunaroute.config.ts': `export default { host: '\${X}' }` })
    expect((await project.load()).config.server.listeners[0]?.host).toBe('${X}')
  })
})
