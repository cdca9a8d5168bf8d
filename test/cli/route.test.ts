import { mkdirSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Desk } from './command.ts'

const docs = new URL('../../docs/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, docs), 'utf8')

let desk: Desk
beforeEach(async () => {
  desk = await Desk.create()
})
afterEach(() => desk.clear())

const request = JSON.stringify({
  path: '/v1/chat/completions',
  headers: { 'X-User-Tier': 'paid' },
  body: { model: 'gpt-4o', messages: [] },
})

async function route(...args: string[]) {
  const { code, stdout, stderr } = await desk.run(['route', '--request', '-', '--dry-run', ...args], {}, request)
  return { code, stderr, stdout, told: code === 0 && args.includes('--json') ? JSON.parse(stdout) : undefined }
}

describe('lunaroute route', () => {
  it('tells where a request would go by the files of the guide', async () => {
    expect(read('routing.md')).toContain(read('examples/routes.json'))
    expect(read('routing.md')).toContain(read('examples/routing.yaml'))
    await desk.write('lunaroute.config.yaml', read('examples/routing.yaml'))
    expect((await desk.run(['check'])).stdout).not.toContain('warning')
    expect((await route('--json')).told).toMatchObject({
      route: 'gpt',
      attempts: [{ provider: 'openai' }, { provider: 'local' }],
    })
    await desk.write('routes.json', read('examples/routes.json'))
    const { stdout } = await route()
    expect(stdout).toContain('route      paid-gpt-4o (file)')
    expect(stdout).toContain('goes to    anthropic (claude-sonnet-4-5), then openai (gpt-4o-mini)')
  })

  it('spreads requests by the strategies of the guide', async () => {
    expect(read('routing.md')).toContain(read('examples/strategies.yaml'))
    await desk.write('lunaroute.config.yaml', read('examples/strategies.yaml'))
    const variables = { SPARE_API_KEY: 'k' }
    const checked = await desk.run(['check'], variables)
    expect([checked.code, checked.stderr]).toEqual([0, expect.not.stringContaining('warning')])
    const { stdout } = await desk.run(['route', '--request', '-'], variables, request)
    expect(stdout).toContain(
      'goes to    limits-alternative of openai, spare (gpt-4o), then anthropic (claude-sonnet-4-5)',
    )
  })

  it('runs the function of the guide', async () => {
    await desk.write('lunaroute.config.ts', read('examples/routing.config.ts'))
    const long = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x'.repeat(500_000) }] })
    const { stdout } = await desk.run(['route', '--request', '-', '--json'], {}, long)
    expect(JSON.parse(stdout)).toMatchObject({
      route: 'longOnes',
      attempts: [
        { provider: 'gemini', model: 'gemini-2.5-pro' },
        { provider: 'anthropic', model: 'm' },
      ],
    })
  })

  it('tries rules that are written nowhere yet', async () => {
    await desk.write('lunaroute.config.json', '{ "extends": "translate", "plugins": ["router"] }')
    const rule = await desk.write(
      'rule.json',
      '{ "match": { "model": "gpt-*" }, "target": { "provider": "gemini", "model": "g" } }',
    )
    expect((await route('--json', '--rule', rule)).told).toMatchObject({
      route: 'tested',
      attempts: [{ provider: 'gemini', model: 'g' }],
    })
    expect((await desk.run(['route'])).stderr).toContain('Usage: lunaroute route')
  })

  it.each([
    [
      '{ "match": {\n "modle": "gpt-*" }, "target": { "provider": "gemini" } }',
      /:2:2 match\.modle: .*did you mean "model"/,
    ],
    ['{ "match": { "model": "gpt-*" },\n "target": { "provider": "gemni" } }', /:2:2 target: .*did you mean "gemini"/],
    ['{ "id": "x", "target": { "provider": "gemini" },\n "fallbacks": ["opnai"] }', /:2:16 fallbacks\[0\]: .*"openai"/],
    ['[{ "id": "x",\n "mach": {}, "target": { "provider": "gemini" } }]', /:2:2 \[0\]\.mach: rule "x": unknown key/],
    ['{ "rules": [], "aliases": {\n "a": "b", "b": "a" } }', /:2:2 aliases\.a: is an alias of itself/],
    ['{ "match": { "model": "gpt-*" }, ', /:1:\d+: invalid JSON/],
    ['7', /must be an object, is a number/],
  ])('refuses rules to try with their place: %s', async (content, message) => {
    await desk.write('lunaroute.config.json', '{ "extends": "translate", "plugins": ["router"] }')
    const { code, stderr } = await route('--rule', await desk.write('bad.json', content))
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)])
  })

  it('tries a whole routes.json, with comments and aliases', async () => {
    await desk.write('lunaroute.config.json', '{ "extends": "translate", "plugins": ["router"] }')
    const table = await desk.write(
      'table.json',
      `// tried
       { "rules": [{ "id": "r", "match": { "model": "gemini-*" }, "target": { "provider": "gemini" } }],
         "aliases": { "gpt-4o": "gemini-9" } }`,
    )
    const { told, stdout } = await route('--json', '--rule', table)
    expect(told, stdout).toMatchObject({
      route: 'r',
      model: 'gpt-4o',
      alias_of: 'gemini-9',
      attempts: [{ provider: 'gemini', model: 'gemini-9' }],
    })
  })

  it('says what an alias stands for where no rule fits', async () => {
    const config = { extends: 'translate', plugins: ['router'], routing: { aliases: { 'gpt-4o': 'llama' } } }
    await desk.write('lunaroute.config.json', JSON.stringify(config))
    expect((await route()).stdout).toContain('request    gpt-4o for llama, openai-chat')
  })

  const text = (content: unknown) => ({ model: 'm', messages: [{ role: 'user', content }] })
  it.each<[string, object, string[], string]>([
    ['Chat', text('hi'), [], 'm, openai-chat'],
    ['Messages, by its system', { ...text('hi'), system: 's' }, [], 'm, anthropic-messages'],
    ['Messages, by its limit', { ...text('hi'), model: 'claude-x', max_tokens: 5 }, [], 'claude-x, anthropic-messages'],
    ['Messages, by its blocks', text([{ type: 'image', source: {} }]), [], 'm, anthropic-messages'],
    [
      'Messages, by its tools',
      { ...text('hi'), tools: [{ name: 'f', input_schema: {} }] },
      [],
      'm, anthropic-messages',
    ],
    ['Responses', { model: 'm', input: 'hi' }, [], 'm, openai-responses'],
    ['embeddings', { model: 'text-embedding-3-small', input: 'hi' }, [], 'text-embedding-3-small, openai-chat'],
    ['Gemini, with its path', { contents: [] }, ['--path', '/v1beta/models/g:generateContent'], 'g, gemini'],
    ['a dialect that --path names', text('hi'), ['--path', '/v1/messages'], 'm, anthropic-messages'],
    [
      'a record, with headers as pairs and its body as text',
      {
        method: 'POST',
        path: '/v1/messages?beta=true',
        headers: [['X-Luna-Provider', 'gemini']],
        body: '{"model":"c"}',
      },
      [],
      'c, anthropic-messages',
    ],
  ])('takes a body for %s', async (_, given, flags, told) => {
    await desk.write('lunaroute.config.json', '{ "extends": "translate", "plugins": ["router"] }')
    const { stdout, stderr } = await desk.run(['route', '--request', '-', ...flags], {}, JSON.stringify(given))
    expect(stdout, stderr).toContain(`request    ${told}, about`)
    expect(stdout.includes('goes to    gemini')).toBe('headers' in given)
  })

  it('asks for the path of a body that does not tell its model', async () => {
    await desk.write('lunaroute.config.json', '{ "extends": "translate", "plugins": ["router"] }')
    const { code, stderr } = await desk.run(['route', '--request', '-'], {}, '{ "contents": [] }')
    expect([code, stderr]).toEqual([1, expect.stringContaining('--path')])
  })
})

describe('--routes', () => {
  const table = (provider: string) => JSON.stringify([{ id: 'r', target: { provider } }])

  it('names the file of the rules, which must be there and be right', async () => {
    await desk.write('lunaroute.config.json', '{ "extends": "translate", "plugins": ["router"] }')
    await desk.write('mine.json', table('openai'))
    expect((await desk.run(['check', '--routes', 'mine.json'])).code).toBe(0)
    await desk.write('mine.json', table('opnai'))
    const { code, stderr } = await desk.run(['check', '--routes', 'mine.json'])
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /mine\.json:1:\d+ \[0\]\.target: rule "r": no provider is called "opnai" \(did you mean "openai"\?\)/,
      ),
    ])
    expect((await desk.run(['check', '--routes', 'none.json'])).stderr).toContain('none.json: there is no such file')
  })

  it('is not needed for routes.json in the folder of --config-dir', async () => {
    mkdirSync(`${desk.folder}/there`)
    await desk.write('there/server.yaml', 'extends: translate\nplugins: [router]\n')
    await desk.write('there/routes.json', table('gemini'))
    const { stdout } = await desk.run(['route', '--config-dir', 'there', '--request', '-', '--json'], {}, request)
    expect(JSON.parse(stdout)).toMatchObject({ route: 'r', source: 'file' })
  })
})
