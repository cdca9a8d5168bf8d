import { expect, test } from 'vitest'
import { workspace } from './workspace.ts'

const MAP = `import { definePlugin, Type } from 'lunaroute'
export default definePlugin({
  name: 'map',
  section: 'map',
  options: Type.Record(Type.String(), Type.Object({ provider: Type.String() })),
  check: (map, { providers, didYouMean }) =>
    Object.entries(map).flatMap(([name, { provider }]) =>
      providers.includes(provider)
        ? []
        : [{ path: [name, 'provider'], message: 'no provider "' + provider + '"' + didYouMean(provider, providers) }],
    ),
  setup: () => ({}),
})`

const config = (provider: string) => `plugins: [./map.ts]
providers:
  openai: { dialect: talk, base_url: "http://localhost" }
map:
  fast:
    provider: ${provider}
`

const TALK = `import { definePlugin } from 'lunaroute'
export default definePlugin({ name: 'talk', dialects: [{ name: 'talk', endpoints: [], versions: [], peek: [],
  credentials: { headers: [], header: key => ['x', key] }, basePath: 'prefix', claims: () => false,
  errorBody: () => ({}), errorEvent: () => '' }], setup: () => ({}) })`

test('a plugin looks its options over for names nobody has, and the place is reported', async () => {
  const files = (provider: string) => ({
    'lunaroute.config.yaml': config(provider).replace('[./map.ts]', '[./talk.ts, ./map.ts]'),
    'map.ts': MAP,
    'talk.ts': TALK,
  })
  await expect(workspace(files('openai')).load()).resolves.toBeDefined()
  const refused = await workspace(files('opnai'))
    .load()
    .catch((error: unknown) => error)
  expect(String(refused)).toContain('lunaroute.config.yaml:6')
  expect(String(refused)).toContain('map.fast.provider')
  expect(String(refused)).toContain('no provider "opnai" (did you mean "openai"?)')
})
