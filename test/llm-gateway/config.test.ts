import { describe, expect, it, onTestFinished } from 'vitest'
import { workspace } from '../config/workspace.ts'
import { BEARER, EXAMPLE, startLlmGateway } from './gateway.ts'

const CHAT = '/v1/chat/completions'
const ask = { model: 'gpt-4', messages: [{ role: 'user', content: 'Hello!' }] }

async function start(env: NodeJS.ProcessEnv = {}, text = EXAMPLE) {
  const llm = await startLlmGateway(env, text)
  onTestFinished(() => llm.close())
  llm.openai.script({ json: { choices: [] } })
  return llm
}

describe('the variables of the documents', () => {
  it('set the key of a provider', async () => {
    const llm = await start({ LLM_GATEWAY__PROVIDERS__OPENAI__API_KEY: 'sk-from-the-environment' })
    await llm.post(CHAT, ask)
    expect(llm.openai.received[0]!.headers.authorization).toBe('Bearer sk-from-the-environment')
  })

  it('set what a model is called at its provider, and take a key away', async () => {
    const llm = await start({
      LLM_GATEWAY__MODELS__GPT_4__API_MODEL: 'gpt-4o',
      LLM_GATEWAY__API_KEYS__1__ENABLED: 'true',
      LLM_GATEWAY__API_KEYS__0__ENABLED: 'false',
    })
    expect((await llm.post(CHAT, ask)).status).toBe(401)
    expect((await llm.post(CHAT, ask, { authorization: 'Bearer sk-gateway-002' })).status).toBe(200)
    expect(llm.openai.received[0]!.body.model).toBe('gpt-4o')
  })

  it('put the metrics elsewhere', async () => {
    const llm = await start({ LLM_GATEWAY__METRICS__ENDPOINT: '/numbers' })
    expect((await fetch(`${llm.url}/numbers`)).status).toBe(200)
    expect((await fetch(`${llm.url}/metrics`, { headers: BEARER })).status).toBe(404)
  })
})

describe('the example of the documents', () => {
  const load = (text: string, env: NodeJS.ProcessEnv = {}) =>
    // The program that ships: the workspace has one of its own for other tests.
    workspace({ 'lunaroute.config.toml': text }).load({ env, program: undefined })

  it('loads as it stands', async () => {
    const { config, warnings } = await load(EXAMPLE)
    expect(warnings).toEqual([])
    expect(config.server.listeners).toMatchObject([{ host: '0.0.0.0', port: 8080 }])
    expect(config.logging).toEqual({ level: 'info', format: 'json' })
    expect(config.providers.map(({ name, apiKeys, upstream }) => [name, apiKeys[0], upstream.totalTimeout])).toEqual([
      ['openai', 'sk-your-openai-key', 300_000],
      ['anthropic', 'sk-ant-your-anthropic-key', 300_000],
      ['gemini', 'your-gemini-key', 300_000],
    ])
    expect(config.providers[1]!.headers).toEqual({ 'anthropic-version': '2023-06-01' })
  })

  it('loads the same with the preset named in it, or beside it', async () => {
    const plain = await load(EXAMPLE)
    const names = (each: typeof plain) => each.config.plugins.map(({ plugin }) => plugin.name)
    expect(names(await load(`extends = "llm-gateway"\n${EXAMPLE}`))).toEqual(names(plain))
    expect(names(await load(EXAMPLE, { LUNAROUTE_PRESET: 'llm-gateway' }))).toEqual(names(plain))
  })

  it.each([
    ['provider = "gemini"', 'provider = "gemni"', 'models.gemini-1.5-pro.provider', 'did you mean "gemini"'],
    ['enabled = false', 'enabled = "no!"', 'api_keys[1].enabled', 'must be a boolean'],
    ['endpoint = "/metrics"', 'endpont = "/metrics"', 'metrics.endpont', 'unknown key'],
  ])('with a mistake in %s is refused where it is', async (right, wrong, key, message) => {
    const error = await load(EXAMPLE.replace(right, wrong)).catch((each: unknown) => each as Error)
    expect(error).toMatchObject({ location: { key, line: expect.any(Number) } })
    expect(String(error)).toContain(message)
    expect(String(error)).not.toContain('sk-')
  })
})
