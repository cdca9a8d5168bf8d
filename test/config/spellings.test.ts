import { describe, expect, it } from 'vitest'
import { workspace } from './workspace.ts'

const load = (text: string, env: NodeJS.ProcessEnv = {}) => workspace({ 'lunaroute.config.toml': text }).load({ env })
const failure = (text: string, env: NodeJS.ProcessEnv = {}) =>
  workspace({ 'lunaroute.config.toml': text }).failure({ env })

describe('other spellings', () => {
  it('mean what the keys of the schema mean', async () => {
    const { config, warnings } = await load(`
      [server]
      host = "0.0.0.0"
      port = 8080
      log_level = "warn"
      log_format = "json"
      [providers.openai]
      timeout_seconds = 300
      http_client.max_retries = 1`)
    expect(config.server.listeners[0]).toMatchObject({ host: '0.0.0.0', port: 8080 })
    expect(config.logging).toEqual({ level: 'warn', format: 'json' })
    expect(config.providers[0]!.upstream).toMatchObject({ totalTimeout: 300_000, maxRetries: 1 })
    expect(warnings).toEqual([])
  })

  it('of the sections of routing are those of the plugins that do the work', async () => {
    const plugin = (name: string, section: string) => `import { definePlugin, Type } from 'lunaroute'
      export default definePlugin({ name: '${name}', section: '${section}', setup: () => ({}),
        options: Type.Object({ timeout_secs: Type.Optional(Type.Number()), window_secs: Type.Optional(Type.Number()) }) })`
    const project = workspace({
      'lunaroute.config.toml': `plugins = ["./a.ts", "./b.ts"]
        [routing.circuit_breaker]
        timeout_secs = 30
        [routing.health_monitor]
        failure_window_secs = 60`,
      'a.ts': plugin('a', 'circuit_breaker'),
      'b.ts': plugin('b', 'provider_health'),
    })
    const { config } = await project.load()
    expect(config.plugins.map(each => each.options)).toEqual([{ timeout_secs: 30 }, { window_secs: 60 }])
  })

  it('of provider_health is health_monitor, in routing and beside it', async () => {
    const project = workspace({
      'lunaroute.config.toml': 'plugins = ["./health.ts"]\n[health_monitor]\nfailure_window_secs = 60',
      'health.ts': `import { definePlugin, Type } from 'lunaroute'
        export default definePlugin({ name: 'health', section: 'provider_health', setup: () => ({}),
          options: Type.Object({ window_secs: Type.Number() }) })`,
    })
    const { config, warnings } = await project.load()
    expect(config.plugins.map(each => each.options)).toEqual([{ window_secs: 60 }])
    expect(warnings).toEqual([])
  })

  it('of a section within another leave the rest of it there', async () => {
    const { warnings } = await load('[session_recording]\nenabled = true\n[session_recording.pii]\nenabled = true')
    expect(warnings.map(each => each.replace(/^.*?:(\d+): .*$/, '$1'))).toHaveLength(2)
    expect(warnings.join()).toMatch(/:1\b.*session_recording.*:3\b.*session_recording\.pii/s)
  })

  it.each([
    ['[server]\nport = "high"', 2, 'server.port', 'must be an integer'],
    ['[server]\nhost = "h"\nprt = 1', 3, 'server.prt', 'unknown key "prt"'],
    ['port = 1\n[server]\nport = 2', 3, 'server.port', 'says the same as port'],
    ['[providers.openai]\ntimeout_seconds = "x"', 2, 'providers.openai.timeout_seconds', 'must be a number'],
  ])('in %j are wrong where they are written', async (text, line, key, message) => {
    const error = await failure(text)
    expect(error.location).toMatchObject({ line, key })
    expect(error.message).toContain(message)
  })

  it('of something that is no table are refused as such', async () => {
    await expect(load('server = 8080')).rejects.toThrow('server')
  })
})

describe('api_version', () => {
  it('is sent in the header of the dialect, unless the headers say otherwise', async () => {
    const text = (more: string) => `plugins = ["./versioned.ts"]
      [providers.p]
      dialect = "v"
      base_url = "https://p.test"
      api_version = "2023-06-01"
      ${more}`
    const plugin = `import { definePlugin } from 'lunaroute'
      export default definePlugin({ name: 'versioned', setup: () => ({}), dialects: [{ name: 'v', endpoints: [],
        claims: () => false, peek: [], versions: ['/v1'], versionHeader: 'x-version', basePath: 'prefix',
        credentials: { headers: [], header: key => ['x-key', key] }, errorBody: () => ({}), errorEvent: () => '' }] })`
    const headers = async (more: string) => {
      const project = workspace({ 'lunaroute.config.toml': text(more), 'versioned.ts': plugin })
      return (await project.load()).config.providers[0]!.headers
    }
    expect(await headers('')).toEqual({ 'x-version': '2023-06-01' })
    expect(await headers('headers = { x-version = "own" }')).toEqual({ 'x-version': 'own' })
  })

  it('of a dialect without one is an error', async () => {
    await expect(load('[providers.openai]\napi_version = "1"')).rejects.toThrow('names no version')
  })
})

describe('a preset', () => {
  const preset = (variables: string) => `import { definePreset } from 'lunaroute'
    import alpha from 'lunaroute/plugins/alpha'
    import beta from 'lunaroute/plugins/beta'
    export default definePreset([alpha(), beta()], { variables: '${variables}' })`
  const start = (text: string, env: NodeJS.ProcessEnv, name = 'lunaroute.config.toml') =>
    workspace({ [name]: text, 'team.ts': preset('TEAM__') }).load({ env })
  const named = 'extends = "./team.ts"\n'

  it('lays its variables over the config, of the kind that is wanted', async () => {
    const { config } = await start(`${named}[server]\nport = 1\n[providers.openai]\napi_key = "old"`, {
      TEAM__SERVER__PORT: '9000',
      TEAM__PROVIDERS__OPENAI__API_KEY: 'new',
      TEAM__PROVIDERS__OPENAI__HTTP_CLIENT__HTTP2: 'yes',
      TEAM__LOGGING__LOG_REQUESTS: 'true',
    })
    expect(config.server.listeners[0]!.port).toBe(9000)
    expect(config.providers[0]).toMatchObject({ apiKeys: ['new'], upstream: { http2: true } })
    expect(config.plugins[1]!.options).toMatchObject({ log_requests: true })
  })

  it('does so for a config in TypeScript', async () => {
    const text = "export default { extends: './team.ts', port: 1 }"
    const { config } = await start(text, { TEAM__PORT: '9000', TEAM__LOGGING__LIMIT: '7' }, 'lunaroute.config.ts')
    expect(config.server.listeners[0]!.port).toBe(9000)
    expect(config.plugins[1]!.options).toMatchObject({ limit: 7 })
  })

  it('finds names whatever their punctuation, and elements by their number', async () => {
    const { config } = await start(
      `${named}[providers."my-own.one"]\ndialect = "openai-chat"\nbase_url = "https://old.test"\n[[listeners]]\nport = 1`,
      {
        TEAM__PROVIDERS__MY_OWN_ONE__BASE_URL: 'https://new.test',
        TEAM__LISTENERS__0__PORT: '2',
        TEAM__LISTENERS__1__PORT: '3',
      },
    )
    expect(config.providers.at(-1)).toMatchObject({ name: 'my-own.one', baseUrl: 'https://new.test' })
    expect(config.server.listeners.map(each => each.port)).toEqual([2, 3])
  })

  it('names the variable that is wrong', async () => {
    const error = await start(named, { TEAM__SERVER__PORT: 'high', TEAM__LOGGING__LIMIT: '0' }).catch(String)
    expect(error).toContain('server.port (set by TEAM__SERVER__PORT): must be an integer')
    expect(error).toContain('logging.limit (set by TEAM__LOGGING__LIMIT)')
  })

  it('that is not used lays nothing', async () => {
    const { config } = await load('port = 1', { TEAM__PORT: '9000' })
    expect(config.server.listeners[0]!.port).toBe(1)
  })

  it('is taken from LUNAROUTE_PRESET rather than from the config', async () => {
    const project = workspace({ 'lunaroute.config.toml': 'extends = "default"' })
    const { config, warnings } = await project.load({ env: { LUNAROUTE_PRESET: 'only-alpha' } })
    expect(config.plugins.map(({ plugin }) => plugin.name)).toEqual(['alpha'])
    expect(warnings).toEqual([])
  })
})
