import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { onTestFinished } from 'vitest'
import { type LoadOptions, loadConfig } from '../../src/config/load-config.ts'
import type { LoadFailure } from '../../src/config/problem.ts'
import { runningProgram } from '../../src/config/program.ts'
import type { LoadedConfig } from '../../src/config/resolved.ts'

/** A program that ships four presets and three plugins, none of them real. */
const SHIPPED = {
  'program/presets/default.ts': `
    import alpha from '../plugins/alpha/index.ts'
    import beta from '../plugins/beta/index.ts'
    export default [alpha(), [false, beta({ limit: 5 })]]`,
  'program/presets/routing.ts': `
    import alpha from '../plugins/alpha/index.ts'
    export default [alpha()]`,
  'program/presets/recording.ts': `
    import beta from '../plugins/beta/index.ts'
    export default [[false, beta({ limit: 5 })]]`,
  'program/presets/only-alpha.ts': `
    import alpha from '../plugins/alpha/index.ts'
    export default [alpha()]`,
  'program/plugins/alpha/index.ts': `
    import { definePlugin } from '${new URL('../../src/index.ts', import.meta.url).pathname}'
    const dialect = name => ({ name, endpoints: [], claims: () => false, peek: [], versions: ['/v1'],
      credentials: { headers: [], header: key => ['x-key', key] }, basePath: 'prefix', errorBody: () => ({}), errorEvent: () => '' })
    export default definePlugin({
      name: 'alpha',
      dialects: [dialect('openai-chat'), dialect('openai-responses'), dialect('anthropic-messages')],
      providers: {
        openai: { dialect: ['openai-chat', 'openai-responses'], base_url: 'https://api.openai.test/v1/', api_key_env: 'OPENAI_API_KEY' },
        anthropic: { dialect: 'anthropic-messages', base_url: 'https://api.anthropic.test', api_key_env: 'ANTHROPIC_API_KEY' },
      },
      setup: () => ({}),
    })`,
  'program/plugins/beta/index.ts': `
    import { definePlugin, Type, withDefault } from '${new URL('../../src/index.ts', import.meta.url).pathname}'
    export default definePlugin({
      name: 'beta',
      section: 'logging',
      env: { LUNAROUTE_BETA_MODE: 'mode', LUNAROUTE_LOG_REQUESTS: 'log_requests', BETA_DEEP: 'deep.value' },
      options: Type.Object({
        mode: withDefault(Type.Union(['debug', 'info', 'warn'].map(each => Type.Literal(each))), 'info'),
        log_requests: withDefault(Type.Boolean(), false),
        limit: withDefault(Type.Integer({ minimum: 1 }), 1),
        deep: Type.Optional(Type.Object({ value: Type.Number() })),
      }),
      setup: () => ({}),
    })`,
  'program/plugins/gamma/index.ts': `
    import { definePlugin } from '${new URL('../../src/index.ts', import.meta.url).pathname}'
    export default definePlugin({ name: 'gamma', section: 'gamma', setup: () => ({}) })`,
}

/** A temporary folder with a project, a home and a program in it. */
export interface Workspace {
  readonly folder: string
  path(name: string): string
  write(name: string, text: string): string
  load(options?: Partial<LoadOptions>): Promise<LoadedConfig>
  /** The failure of a load that must fail. */
  failure(options?: Partial<LoadOptions>): Promise<LoadFailure>
}

/** Makes one that lives as long as the test. Files go into its `project` folder, which is the working directory. */
export function workspace(files: Readonly<Record<string, string>> = {}): Workspace {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'lunaroute-config-')))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const folder = join(root, 'project')
  const put = (path: string, text: string) => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }
  for (const [name, text] of Object.entries(SHIPPED)) put(join(root, name), text)
  mkdirSync(join(root, 'home'))
  mkdirSync(folder)
  for (const [name, text] of Object.entries(files)) put(join(folder, name), text)

  const load = (options: Partial<LoadOptions> = {}) =>
    loadConfig({
      cwd: folder,
      env: {},
      home: join(root, 'home'),
      program: runningProgram(pathToFileURL(`${root}/program/`)),
      ...options,
    })
  return {
    folder,
    path: name => join(folder, name),
    write: (name, text) => put(join(folder, name), text),
    load,
    failure: options =>
      load(options).then(
        () => {
          throw new Error('the config loaded, but should not have')
        },
        (error: LoadFailure) => error,
      ),
  }
}
