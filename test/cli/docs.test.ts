import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configTemplate } from '../../src/cli/config-template.ts'
import { createProgram } from '../../src/cli/program.ts'
import { Desk } from './command.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const read = (name: string) => readFile(join(ROOT, name), 'utf8')

const EXAMPLES = [
  ['README.md', 'gateway.config.ts'],
  ['docs/config.md', 'gateway.config.ts'],
  ['docs/config.md', 'gateway.yaml'],
  ['docs/config.md', 'listeners.yaml'],
  ['docs/config.md', 'editor.tsconfig.json'],
  ['docs/llm-gateway.md', 'llm-gateway.toml'],
  ['docs/prices.md', 'prices.yaml'],
  ['docs/request-templates.md', 'request-templates.yaml'],
] as const

it.each(EXAMPLES)('%s shows %s as it is', async (page, example) => {
  expect(await read(page)).toContain(`\n${await read(`docs/examples/${example}`)}\`\`\`\n`)
})

it("the repository's own config is what init writes", async () => {
  expect(await read('lunaroute.config.ts')).toBe(configTemplate(['default']))
})

describe('a config in the docs', () => {
  let desk: Desk
  beforeAll(async () => {
    desk = await Desk.create()
  })
  afterAll(() => desk.clear())

  it.each(EXAMPLES.map(([, example]) => example).filter(isConfig))('%s is valid', async example => {
    const { code, stdout, stderr } = await desk.run(['check', '--config', join(ROOT, 'docs/examples', example)])
    expect(stderr).toBe('')
    expect(stdout).not.toContain('warning')
    expect(code).toBe(0)
  })
})

describe('docs/cli.md', () => {
  it.each(
    createProgram().commands.map(each => [each.name(), each] as const),
  )('has all of %s', async (name, command) => {
    const page = await read('docs/cli.md')
    expect(page).toContain(`\n## ${name}\n`)
    const flags = command.options.flatMap(({ short, long }) => [short, long]).filter(flag => flag !== undefined)
    for (const flag of flags) expect(page).toMatch(new RegExp(`\`${flag}[ \`]`))
  })
})

describe('docs/config.md', () => {
  it('has every key of the core', async () => {
    const page = await read('docs/config.md')
    const { configSchema } = await import('../../src/config/schema.ts')
    for (const path of keysOf(configSchema as Schema))
      expect(page, path).toMatch(new RegExp(`\`(?:[\\w.]+\\.)?${path}[\`.]`))
  })
})

function isConfig(example: string, index: number): boolean {
  return !example.endsWith('.json') && EXAMPLES.findIndex(each => each[1] === example) === index
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly noEffect?: boolean
}

/** The names of the keys that have an effect; older spellings of `dialect` are left to the old configs. */
function keysOf({ properties = {}, patternProperties = {}, items }: Schema): string[] {
  const inner = [...Object.values(patternProperties), ...(items ? [items] : [])].flatMap(keysOf)
  const own = Object.entries(properties).filter(([key, { noEffect }]) => !noEffect && !/^(?:provider_)?type$/.test(key))
  return [...own.flatMap(([key, value]) => [key, ...keysOf(value)]), ...inner]
}
