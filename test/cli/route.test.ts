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

  it('tries rules that are written nowhere yet, and refuses those that are none', async () => {
    await desk.write('lunaroute.config.json', '{ "extends": "translate", "plugins": ["router"] }')
    const rule = await desk.write(
      'rule.json',
      '{ "match": { "model": "gpt-*" }, "target": { "provider": "gemini", "model": "g" } }',
    )
    expect((await route('--json', '--rule', rule)).told).toMatchObject({
      route: 'tested',
      attempts: [{ provider: 'gemini', model: 'g' }],
    })
    const bad = await desk.write('bad.json', '{ "match": { "modle": "gpt-*" }, "target": { "provider": "gemini" } }')
    expect(await route('--rule', bad)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the rule to test is not one'),
    })
    expect((await desk.run(['route'])).stderr).toContain('Usage: lunaroute route')
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
