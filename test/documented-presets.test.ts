import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadConfig } from '../src/config/load-config.ts'

/** The names of the plugins that a folder with these files gets. */
async function pluginsOf(files: Record<string, string>, env: NodeJS.ProcessEnv = {}): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lunaroute-bare-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const home = join(folder, 'home')
  mkdirSync(home)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const { config } = await loadConfig({ cwd: folder, home, env })
  return config.plugins.map(each => each.plugin.name)
}

test('a config that names no plugin routes where it holds something of routing, and records as usual', async () => {
  const rules = 'routing:\n  rules:\n    - { name: all, model_pattern: ".*", primary: anthropic }\n'
  for (const [files, env] of [
    [{ 'lunaroute.config.yaml': rules }],
    [{ 'lunaroute.config.yaml': 'circuit_breaker: { failure_threshold: 3 }\n' }],
    [{ 'lunaroute.config.yaml': 'health_monitor: { failure_window_secs: 30 }\n' }],
    [{ 'lunaroute.config.yaml': 'port: 0\n', 'routes.json': '{ "rules": [] }' }],
    [{ 'routes.json': '{ "rules": [] }' }],
    [{ 'mine.json': '{ "rules": [] }' }, { LUNAROUTE_ROUTES: 'mine.json' }],
  ] as const) {
    const plugins = await pluginsOf(files, env)
    expect(plugins, JSON.stringify(files)).toEqual(
      expect.arrayContaining(['router', 'circuit-breaker', 'session-recorder']),
    )
  }
})

test('one that holds nothing of it has no part of routing, nor has one that names its presets', async () => {
  expect(await pluginsOf({ 'lunaroute.config.yaml': 'port: 0\n' })).not.toContain('router')
  const named = { 'lunaroute.config.yaml': 'extends: local\n', 'routes.json': '{ "rules": [] }' }
  expect(await pluginsOf(named)).not.toContain('router')
})
