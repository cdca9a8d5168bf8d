import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

interface Source {
  /** Relative to the repository. */
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

const core = sourcesIn('src')
const plugins = sourcesIn('plugins')
const presets = sourcesIn('presets')
const pluginNames = readdirSync(join(ROOT, 'plugins'))

function sourcesIn(folder: string): Source[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  return names
    .filter(name => name.endsWith('.ts'))
    .map(name => {
      const path = join(folder, name)
      const text = readFileSync(join(ROOT, path), 'utf8')
      return { path, text, imports: importsOf(text) }
    })
}

/** What a file imports or exports from, type imports included, and what it imports on demand. */
function importsOf(text: string): string[] {
  const found = text.matchAll(
    /^(?:import|export)\b[^'"`;]*?\bfrom\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm,
  )
  return [...found].map(([, from, bare, lazy]) => from ?? bare ?? lazy ?? '')
}

/** An import of a core file as the path of another, or null for packages. */
function inside(from: Source, specifier: string): string | null {
  return specifier.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(from.path), specifier)) : null
}

describe('the core', () => {
  it.each([
    ['tapable', 'src/hooks.ts'],
    ['fastify', 'src/serve/listener.ts'],
    ['undici', 'src/upstream/pool.ts'],
  ])('imports %s in %s alone', (name, path) => {
    const importing = core.filter(each => each.imports.includes(name)).map(each => each.path)
    expect(importing).toEqual([path])
  })

  it('offers plugin authors none of the three, and no more than is in index.ts', () => {
    const reached = new Set<string>()
    const visit = (path: string): void => {
      const source = core.find(each => each.path === path)
      if (!source || reached.has(path)) return
      reached.add(path)
      // Types are gone when it runs.
      const values = source.text.replace(/^(?:import|export) type [^;]*?from '[^']+'$/gm, '')
      for (const each of importsOf(values)) visit(inside(source, each) ?? '')
    }
    visit('src/index.ts')
    for (const path of ['src/hooks.ts', 'src/serve/listener.ts', 'src/upstream/pool.ts']) {
      expect(reached).not.toContain(path)
    }
  })

  // Each room may import from those to its right, and from itself.
  const ROOMS = ['cli', 'testing', 'gateway', 'config', 'serve', 'build', 'upstream', 'contract', 'formats'] as const
  type Room = (typeof ROOMS)[number]
  const FILES: Readonly<Record<string, Room>> = {
    'testing.ts': 'testing',
    'gateway.ts': 'gateway',
    'reload.ts': 'gateway',
    'data-files.ts': 'gateway',
    'log.ts': 'gateway',
    'build.ts': 'build',
    'generation.ts': 'build',
    'hooks.ts': 'build',
    'order.ts': 'build',
    'series.ts': 'build',
    'keeper.ts': 'build',
    'calm-log.ts': 'build',
  }
  const FOLDERS: Readonly<Record<string, Room>> = {
    cli: 'cli',
    testing: 'testing',
    config: 'config',
    serve: 'serve',
    upstream: 'upstream',
    body: 'formats',
    sse: 'formats',
    'chunk.ts': 'formats',
    'stream-chunk.ts': 'formats',
  }
  // What a configuration looks like, and how it is spoken of, is part of the contract; reading one is not.
  const CONTRACT = ['config/define.ts', 'config/resolved.ts', 'config/problem.ts', 'config/suggest.ts']

  function roomOf(path: string): Room {
    const name = path.replace(/^src\//, '')
    if (CONTRACT.includes(name)) return 'contract'
    return FILES[name] ?? FOLDERS[name.split('/')[0]!] ?? 'contract'
  }

  it('depends in one direction', () => {
    const upward = core.flatMap(source => {
      const from = roomOf(source.path)
      return source.imports.flatMap(each => {
        const target = inside(source, each)
        if (!target?.startsWith('src/')) return []
        const to = roomOf(target)
        return ROOMS.indexOf(to) >= ROOMS.indexOf(from) ? [] : [`${source.path} (${from}) imports ${target} (${to})`]
      })
    })
    expect(upward).toEqual([])
  })

  it('knows no plugin by name', () => {
    const quoted = new RegExp(`['"\`](?:${pluginNames.join('|')})['"\`]|plugins/(?:${pluginNames.join('|')})\\b`)
    const isKnowing = ({ path, text }: Source) => !KNOWS_NAMES.has(path) && quoted.test(withoutComments(text))
    const knowing = core.filter(isKnowing).map(each => each.path)
    expect(knowing).toEqual([])
  })

  it('imports nothing of plugins and presets', () => {
    const importing = core.filter(each => each.imports.some(name => /(?:^lunaroute|plugins\/|presets\/)/.test(name)))
    expect(importing.map(each => each.path)).toEqual([])
  })
})

function withoutComments(text: string): string {
  return text.replace(/^\s*(?:\/\*\*|\*|\/\/).*$/gm, '')
}

/** Files that speak of the world outside: variables of clients, sections of documented configs, fields of events. */
const KNOWS_NAMES = new Set([
  'src/config/documented.ts',
  'src/config/spellings.ts',
  'src/cli/client-variables.ts',
  'src/sse/frame.ts',
])

describe('plugins and presets', () => {
  it('import lunaroute, packages, node: and their own folder, and nothing else', () => {
    const isFree = ({ path }: Source) => /\.test\.ts$|example\.config\.ts$/.test(path)
    const straying = plugins
      .filter(each => !isFree(each))
      .flatMap(source => {
        const folder = source.path.split('/').slice(0, 2).join('/')
        const isOwn = (name: string) =>
          inside(source, name)?.startsWith(`${folder}/`) ?? !/^lunaroute\/(?!(?:neutral|sessions)$)/.test(name)
        return source.imports.filter(name => !isOwn(name)).map(name => `${source.path} imports ${name}`)
      })
    expect(straying).toEqual([])
  })

  it('have no variables at module level that change', () => {
    const changing = plugins
      .filter(each => !each.path.endsWith('.test.ts') && /^(?:export )?(?:let|var) /m.test(each.text))
      .map(each => each.path)
    expect(changing).toEqual([])
  })

  it('of a preset are imported by their public names', () => {
    for (const { path, imports } of presets) {
      for (const name of imports) expect(`${path} imports ${name}`).toMatch(/imports (?:lunaroute(?:\/|$)|\.\/)/)
    }
  })
})

it('no file is longer than 300 lines', () => {
  const long = [...core, ...plugins, ...presets].filter(each => each.text.split('\n').length > 300)
  expect(long.map(each => each.path)).toEqual([])
})

it('every folder of plugins has an index.ts', () => {
  for (const name of pluginNames) expect(existsSync(join(ROOT, 'plugins', name, 'index.ts')), name).toBe(true)
})
